package com.reliably.runner.github;

import com.reliably.runner.RunnerEvent;
import com.reliably.runner.RunnerEvent.How;
import com.reliably.runner.github.GitHubApi.Seen;
import com.reliably.web.PlainText;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A run at GitHub, from look to look. What is told of it as output is the same every time it is followed from the start:
 * the steps in their order, each when it and all before it have ended, then the logs. Used by one look at a time.
 */
final class FollowedRun {

    private static final int LONGEST_LOG = 10 * 1024 * 1024;
    private static final int PIECE = 64 * 1024;

    private final RepositoryRuns runs;
    private final Clock clock;
    private final long id;
    private final Duration timeout;
    private final String serverUrl;
    private final long fromByte;
    private Seen<GitHubRun> alone = Seen.nothing();
    private Seen<GitHubJob.Page> jobs = Seen.nothing();
    private long written;
    private int stepsTold;
    private boolean startedTold;
    private String waitedFor;
    private boolean endingAsked;

    /**
     * @param id       GitHub's number of the run
     * @param timeout   how long it may take
     * @param serverUrl how it was to reach this server
     * @param fromByte  from where on its output is wanted
     */
    FollowedRun(RepositoryRuns runs, Clock clock, long id, Duration timeout, String serverUrl, long fromByte) {
        this.runs = runs;
        this.clock = clock;
        this.id = id;
        this.timeout = timeout;
        this.serverUrl = serverUrl;
        this.fromByte = fromByte;
    }

    long id() {
        return id;
    }

    /**
     * Everything that is new; the last of it is the end, where the run has ended.
     *
     * @param notBefore when something last happened to it, as {@link RepositoryRuns#latest} takes it
     */
    Uni<List<RunnerEvent>> look(GitHubApi api, long notBefore) {
        return run(api, notBefore).chain(run -> {
            if (isOverdue(run) && !endingAsked) {
                endingAsked = true;
                return api.cancel(id).chain(() -> news(api, run));
            }
            return news(api, run);
        });
    }

    private Uni<GitHubRun> run(GitHubApi api, long notBefore) {
        return runs.latest(api, notBefore).chain(page -> {
            for (GitHubRun run : page.runs()) {
                if (run.id() == id) {
                    return Uni.createFrom().item(run);
                }
            }
            // Older than the latest, or so new that the list does not have it.
            return api.run(id, alone).invoke(seen -> alone = seen).map(Seen::value);
        });
    }

    private Uni<List<RunnerEvent>> news(GitHubApi api, GitHubRun run) {
        if (!run.isCompleted() && !"in_progress".equals(run.status())) {
            return Uni.createFrom().item(waits(run));
        }
        return api.jobs(id, jobs).invoke(seen -> jobs = seen).chain(seen -> {
            List<GitHubJob> sorted = seen.value().jobs().stream()
                    .sorted(Comparator.comparingLong(GitHubJob::id))
                    .toList();
            List<RunnerEvent> events = new ArrayList<>();
            boolean begun = sorted.stream().anyMatch(job -> !job.steps().isEmpty());
            if (!startedTold && (begun || !run.isCompleted())) {
                startedTold = true;
                events.add(new RunnerEvent.Started());
            }
            steps(sorted, run.isCompleted()).forEach(line -> add(events, line));
            return run.isCompleted() ? logs(api, sorted, events).invoke(() -> events.add(end(run))) : item(events);
        });
    }

    private static Uni<List<RunnerEvent>> item(List<RunnerEvent> events) {
        return Uni.createFrom().item(events);
    }

    private List<RunnerEvent> waits(GitHubRun run) {
        String why =
                switch (run.status()) {
                    case "waiting" ->
                        "GitHub waits for what protects the environment: an approval, or a timer. See " + run.htmlUrl();
                    case "pending" ->
                        "GitHub lets another run of the same concurrency group end first. See " + run.htmlUrl();
                    default -> "GitHub looks for a runner. See " + run.htmlUrl();
                };
        if (why.equals(waitedFor)) {
            return List.of();
        }
        waitedFor = why;
        return List.of(new RunnerEvent.Waiting(why));
    }

    /** Lines for the steps that have not been told; nothing behind one that goes on. */
    private List<String> steps(List<GitHubJob> sorted, boolean all) {
        List<String> lines = new ArrayList<>();
        int number = 0;
        for (GitHubJob job : sorted) {
            for (GitHubJob.Step step : job.steps()) {
                if (!all && !step.isCompleted()) {
                    return lines;
                }
                if (number++ >= stepsTold) {
                    stepsTold++;
                    lines.add("[" + job.name() + "] " + step.name() + ": "
                            + (step.conclusion() == null ? step.status() : step.conclusion()) + "\n");
                }
            }
            if (!all && !job.isCompleted()) {
                return lines;
            }
        }
        return lines;
    }

    private Uni<List<RunnerEvent>> logs(GitHubApi api, List<GitHubJob> sorted, List<RunnerEvent> events) {
        return Multi.createFrom()
                .iterable(sorted)
                .onItem()
                .transformToUniAndConcatenate(
                        job -> api.log(job.id(), LONGEST_LOG).invoke(log -> {
                            add(events, "\n===== " + job.name() + " =====\n");
                            addLog(events, PlainText.repaired(new String(log, StandardCharsets.UTF_8)));
                        }))
                .collect()
                .last()
                .replaceWith(events);
    }

    private void addLog(List<RunnerEvent> events, String log) {
        int from = 0;
        while (from < log.length()) {
            int to = Math.min(log.length(), from + PIECE);
            if (to < log.length() && Character.isHighSurrogate(log.charAt(to - 1))) {
                to--;
            }
            add(events, log.substring(from, to));
            from = to;
        }
    }

    private void add(List<RunnerEvent> events, String text) {
        String stored = PlainText.repaired(text);
        long first = written;
        written += stored.getBytes(StandardCharsets.UTF_8).length;
        if (first >= fromByte) {
            events.add(new RunnerEvent.Output(first, written, stored));
        }
    }

    private boolean isOverdue(GitHubRun run) {
        return !run.isCompleted()
                && "in_progress".equals(run.status())
                && run.startedAt() != null
                && clock.instant().isAfter(run.startedAt().plus(timeout));
    }

    private RunnerEvent.Ended end(GitHubRun run) {
        String conclusion = run.conclusion() == null ? "" : run.conclusion();
        return switch (conclusion) {
            case "success" ->
                RunnerEvent.Ended.well(
                        "The workflow's job has to use the action reliablyhq/actions/plan, see " + run.htmlUrl(),
                        serverUrl,
                        "RELIABLY_PUBLIC_URL");
            case "failure" -> new RunnerEvent.Ended(How.EXITED, 1, null);
            // GitHub goes by what the job says, where the plan's time is written to unless the repository has its own.
            case "timed_out" ->
                new RunnerEvent.Ended(
                        How.TIMED_OUT,
                        null,
                        "The run took longer than it may, and was stopped by GitHub. The plan can allow more"
                                + " (policies.timeout_seconds), or the workflow's job (timeout-minutes).");
            case "cancelled" ->
                tookTooLong(run)
                        ? RunnerEvent.Ended.tookTooLong(null, "RELIABLY_GITHUB_TIMEOUT")
                        : new RunnerEvent.Ended(How.CANCELLED, null, null);
            case "startup_failure" -> unprepared("GitHub could not start the workflow, see " + run.htmlUrl());
            case "action_required" -> unprepared("GitHub wants somebody to allow the run, see " + run.htmlUrl());
            default -> unprepared("GitHub did not run the plan (" + conclusion + "), see " + run.htmlUrl());
        };
    }

    private static RunnerEvent.Ended unprepared(String why) {
        return new RunnerEvent.Ended(How.UNPREPARED, null, why);
    }

    private boolean tookTooLong(GitHubRun run) {
        return run.startedAt() != null
                && run.updatedAt() != null
                && !Duration.between(run.startedAt(), run.updatedAt())
                        .minus(timeout)
                        .isNegative();
    }
}
