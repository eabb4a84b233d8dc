package com.reliably.runner.github;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/** A job of a run, as GitHub tells it; see {@link GitHubRun} for its status and conclusion. */
record GitHubJob(long id, String name, String status, String conclusion, List<Step> steps) {

    /** A step of a job. */
    record Step(int number, String name, String status, String conclusion) {

        boolean isCompleted() {
            return "completed".equals(status);
        }
    }

    GitHubJob {
        steps = steps == null ? List.of() : steps;
    }

    boolean isCompleted() {
        return "completed".equals(status);
    }

    /** Jobs of a run. */
    record Page(@JsonProperty("total_count") int count, List<GitHubJob> jobs) {}
}
