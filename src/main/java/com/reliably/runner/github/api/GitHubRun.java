package com.reliably.runner.github.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;

/**
 * A run of a workflow, as GitHub tells it.
 *
 * @param id           GitHub's number
 * @param displayTitle its name, which has the id of our run where we dispatched it
 * @param status       {@code queued, in_progress, completed, waiting, requested, pending}
 * @param conclusion   how it ended; null while it has not
 * @param path         of the workflow's file
 * @param attempt      which one to run it this is, from 1; GitHub runs it again where people ask for that, as the same run
 * @param startedAt    when it was asked for, or asked for again; a runner may have taken it much later
 */
@RegisterForReflection
public record GitHubRun(
        long id,
        @JsonProperty("display_title") String displayTitle,
        String event,
        String status,
        String conclusion,
        String path,
        @JsonProperty("html_url") String htmlUrl,
        @JsonProperty("run_attempt") int attempt,
        @JsonProperty("created_at") Instant createdAt,
        @JsonProperty("run_started_at") Instant startedAt,
        @JsonProperty("updated_at") Instant updatedAt) {

    public GitHubRun {
        attempt = Math.max(1, attempt);
    }

    /** Whether it has ended, in whatever way. */
    public boolean isCompleted() {
        return "completed".equals(status);
    }

    /** Whether a runner has taken it, or it has ended. */
    public boolean hasBegun() {
        return isCompleted() || "in_progress".equals(status);
    }

    /**
     * Runs, latest first.
     *
     * @param count of all there are, on this page or another
     */
    @RegisterForReflection
    public record Page(
            @JsonProperty("total_count") int count,
            @JsonProperty("workflow_runs") List<GitHubRun> runs) {}
}
