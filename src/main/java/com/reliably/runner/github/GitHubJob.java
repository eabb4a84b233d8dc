package com.reliably.runner.github;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;

/**
 * A job of a run, as GitHub tells it; see {@link GitHubRun} for its status and conclusion.
 *
 * @param startedAt when a runner took it; says nothing while it has no steps
 */
@RegisterForReflection
record GitHubJob(
        long id,
        String name,
        String status,
        String conclusion,
        @JsonProperty("started_at") Instant startedAt,
        List<Step> steps) {

    /** A step of a job. */
    @RegisterForReflection
    record Step(int number, String name, String status, String conclusion) {

        boolean isCompleted() {
            return "completed".equals(status);
        }

        boolean hasFailed() {
            return "failure".equals(conclusion) || "timed_out".equals(conclusion);
        }
    }

    GitHubJob {
        steps = steps == null ? List.of() : steps;
    }

    boolean isCompleted() {
        return "completed".equals(status);
    }

    /** Whether a runner has taken it. */
    boolean hasBegun() {
        return !steps.isEmpty();
    }

    /** Jobs of a run. */
    @RegisterForReflection
    record Page(@JsonProperty("total_count") int count, List<GitHubJob> jobs) {}
}
