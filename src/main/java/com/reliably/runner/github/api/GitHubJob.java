package com.reliably.runner.github.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;

/**
 * A job of a run, as GitHub tells it; see {@link GitHubRun} for its status and conclusion.
 *
 * @param id          GitHub's number
 * @param startedAt   when a runner took it; says nothing while it has no steps, and may be null
 * @param completedAt when it ended; null while it has not
 * @param steps       none while no runner has taken it; never null
 */
@RegisterForReflection
public record GitHubJob(
        long id,
        String name,
        String status,
        String conclusion,
        @JsonProperty("started_at") Instant startedAt,
        @JsonProperty("completed_at") Instant completedAt,
        List<Step> steps) {

    /** A step of a job. */
    @RegisterForReflection
    public record Step(int number, String name, String status, String conclusion) {

        /** Whether it has ended, in whatever way. */
        public boolean isCompleted() {
            return "completed".equals(status);
        }

        /** Whether it is why its job failed. */
        public boolean hasFailed() {
            return "failure".equals(conclusion) || "timed_out".equals(conclusion);
        }
    }

    public GitHubJob {
        steps = steps == null ? List.of() : steps;
    }

    /** Whether it has ended, in whatever way. */
    public boolean isCompleted() {
        return "completed".equals(status);
    }

    /** Whether there was a condition that it did not meet: then it has no log. */
    public boolean wasSkipped() {
        return "skipped".equals(conclusion) && !hasBegun();
    }

    /** Whether a runner has taken it. */
    public boolean hasBegun() {
        return !steps.isEmpty();
    }

    /**
     * Jobs of a run.
     *
     * @param count of all there are, on this page or another
     */
    @RegisterForReflection
    public record Page(@JsonProperty("total_count") int count, List<GitHubJob> jobs) {

        public Page {
            jobs = jobs == null ? List.of() : jobs;
        }
    }
}
