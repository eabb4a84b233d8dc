package com.reliably.runner.github.standin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;

/** The jobs of runs, and where their logs are. */
public final class StandInJobs {

    private static final int MOST_OF_A_RUN = 10_000;
    private static final int MOST_ATTEMPTS = 100;

    private final StandInWords words;

    public volatile LogTrouble logTrouble = LogTrouble.NONE;

    /** What becomes of a job's log. */
    public enum LogTrouble {
        NONE,
        /** 403, as for tokens that may not. */
        FORBIDDEN,
        /** It is said to be on a host that nobody knows. */
        ELSEWHERE,
        /** Where it is said to be, it is not. */
        LOST
    }

    StandInJobs(StandInWords words) {
        this.words = words;
    }

    /** A page of them, as GitHub has it: thirty where nobody wants more, a hundred at most. */
    ObjectNode of(StandInRun run, Map<String, String> query) {
        int size = Math.min(100, Integer.parseInt(query.getOrDefault("per_page", "30")));
        int first = (Integer.parseInt(query.getOrDefault("page", "1")) - 1) * size;
        ObjectNode page = words.example("get", "/repos/{owner}/{repo}/actions/runs/{run_id}/jobs", 200);
        ArrayNode all = page.arrayNode();
        for (int number = first; number < first + size && number <= run.moreJobs.size(); number++) {
            all.add(job(run, number, (ObjectNode) page.get("jobs").get(0).deepCopy()));
        }
        page.set("jobs", all);
        page.put("total_count", run.moreJobs.size() + 1);
        return page;
    }

    private static ObjectNode job(StandInRun run, int number, ObjectNode job) {
        job.put("created_at", run.askedAt.toString());
        // Of a job that waits it is when it was made, and it has no steps.
        job.put("started_at", (run.startedAt == null ? run.askedAt : run.startedAt).toString());
        job.put("id", (run.id * MOST_ATTEMPTS + run.attempt) * MOST_OF_A_RUN + number)
                .put("run_attempt", run.attempt)
                .put("run_id", run.id)
                .put("name", number == 0 ? "chaos" : "chaos " + number);
        boolean skipped = run.conclusion != null && run.skippedJobs.contains(number);
        job.put("status", run.hasEnded() ? "completed" : "in_progress")
                .put("conclusion", skipped ? "skipped" : run.conclusion);
        job.put("completed_at", run.hasEnded() ? run.updatedAt.toString() : null);
        ArrayNode steps = job.putArray("steps");
        List<Map<String, String>> all = number == 0 ? run.steps : run.moreSteps.getOrDefault(number, List.of());
        for (int i = 0; i < all.size(); i++) {
            Map<String, String> step = all.get(i);
            steps.addObject()
                    .put("name", step.get("name"))
                    .put("status", "completed")
                    .put("conclusion", step.get("conclusion"))
                    .put("number", i + 1);
        }
        return job;
    }

    /** Where the log of a job is; GitHub has it on another host. */
    StandInAnswer placeOfLog(String jobId) {
        if (logTrouble == LogTrouble.FORBIDDEN) {
            return words.refusal(403, "Must have admin rights to Repository.");
        }
        String host = logTrouble == LogTrouble.ELSEWHERE ? "https://storage.example.com" : words.origin();
        return new StandInAnswer(302, null, Map.of("Location", host + "/logs/" + jobId));
    }

    /** GitHub's number of the run whose job that is. */
    static long runOf(long jobId) {
        return jobId / MOST_OF_A_RUN / MOST_ATTEMPTS;
    }

    static String logOf(StandInRun latest, long jobId) {
        StandInRun run = latest.inAttempt((int) (jobId / MOST_OF_A_RUN % MOST_ATTEMPTS));
        int number = (int) (jobId % MOST_OF_A_RUN);
        return number == 0 ? run.log.toString() : run.moreJobs.get(number - 1);
    }
}
