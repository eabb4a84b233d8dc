package com.reliably.runner.github;

import com.reliably.runner.RunnerEvent;
import com.reliably.runner.RunnerEvent.How;
import com.reliably.runner.github.api.GitHubApi;
import com.reliably.runner.github.api.GitHubApi.Seen;
import com.reliably.runner.github.api.GitHubFault;
import com.reliably.runner.github.api.GitHubJob;
import com.reliably.runner.github.api.GitHubRun;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A run at GitHub, in one attempt, from look to look. Where GitHub runs it again, which it does under the same number, this one
 * has ended, and ends as it did. What is told of it as output is the same every time it is followed from the start:
 * the steps in their order, each when it and all before it have ended, then the logs. Used by one look at a time.
 */
final class FollowedRun {

    /** How often GitHub may refuse to tell the jobs of a run that has ended. */
    private static final int MOST_REFUSALS = 3;
    /** The pause between two looks at the jobs is so small a part of the time that they have gone on. */
    private static final int JOBS_LOOKS = 60;

    private static final Duration LONGEST_JOBS_PAUSE = Duration.ofMinutes(1);

    private final RepositoryRuns runs;
    private final GitHubSettings settings;
    private final Clock clock;
    private final long id;
    private final int attempt;
    private final Duration timeout;
    private final String serverUrl;
    private final RunEnding ending;
    private final RunJobs jobs;
    private Seen<GitHubRun> alone = Seen.nothing();
    private Instant jobsNotBefore = Instant.MIN;
    private Telling told;
    private Instant goneSince;
    private int refusals;
    /** The attempt that GitHub told of last. */
    private int latest;

    /**
     * @param id        GitHub's number of the run
     * @param attempt   which attempt to run it
     * @param timeout   how long it may take
     * @param serverUrl how it was to reach this server
     * @param fromByte  from where on its output is wanted
     */
    FollowedRun(
            RepositoryRuns runs,
            GitHubSettings settings,
            Clock clock,
            long id,
            int attempt,
            Duration timeout,
            String serverUrl,
            long fromByte) {
        this.runs = runs;
        this.settings = settings;
        this.clock = clock;
        this.id = id;
        this.attempt = attempt;
        this.latest = attempt;
        this.timeout = timeout;
        this.serverUrl = serverUrl;
        this.told = new Telling(fromByte);
        this.jobs = new RunJobs(id, attempt);
        this.ending = new RunEnding(clock, id, settings.pollEvery().multipliedBy(4));
    }

    long id() {
        return id;
    }

    /**
     * Everything that is new; the last of it is the end, where the run has ended.
     *
     * @param notBefore    when something last happened to it, as {@link RepositoryRuns#latest} takes it
     * @param cancelledFor how long ago somebody asked for its end; null where nobody did
     */
    Uni<Observed> look(GitHubApi api, long notBefore, Duration cancelledFor) {
        return run(api, notBefore)
                .chain(found -> inAttempt(api, found))
                .chain(run -> run.isPresent()
                        ? news(api, run.get(), cancelledFor)
                        : Uni.createFrom().item(this::missing));
    }

    /** The run; empty where its repository is there, and does not have it. */
    private Uni<Optional<GitHubRun>> run(GitHubApi api, long notBefore) {
        return runs.latest(api, notBefore).chain(page -> {
            Optional<GitHubRun> listed =
                    page.runs().stream().filter(run -> run.id() == id).findFirst();
            if (listed.isPresent()) {
                return Uni.createFrom().item(listed);
            }
            // Older than the latest, or so new that the list does not have it.
            return api.run(id, alone)
                    .invoke(seen -> alone = seen)
                    .map(seen -> Optional.of(seen.value()))
                    .onFailure(failure -> failure instanceof GitHubFault.Refused refused && refused.isUnknown())
                    .recoverWithItem(Optional.empty());
        });
    }

    /** GitHub shows the latest attempt, or one before that where a list is late. */
    private Uni<Optional<GitHubRun>> inAttempt(GitHubApi api, Optional<GitHubRun> found) {
        found.ifPresent(run -> latest = run.attempt());
        if (found.isEmpty() || latest == attempt) {
            return Uni.createFrom().item(found);
        }
        return api.attempt(id, attempt)
                .map(Optional::of)
                .onFailure(failure -> failure instanceof GitHubFault.Refused refused && refused.isUnknown())
                .recoverWithItem(Optional.empty());
    }

    /** What was just made may not be shown yet; what is not shown after that was deleted. */
    private Observed missing() {
        if (goneSince == null) {
            goneSince = clock.instant();
        }
        if (Duration.between(goneSince, clock.instant()).compareTo(settings.settlesWithin()) < 0) {
            return Observed.goesOn(List.of(), settings.pollEvery());
        }
        return Observed.ended(new RunnerEvent.Ended(
                How.VANISHED,
                null,
                "GitHub does not have the run any more: it was deleted there, so that how it ended is not known."));
    }

    private Uni<Observed> news(GitHubApi api, GitHubRun run, Duration cancelledFor) {
        goneSince = null;
        if (!run.hasBegun()) {
            return end(api, cancelledFor, false)
                    .replaceWith(() -> Observed.goesOn(List.of(waits(run)), settings.pollEvery()));
        }
        return jobs(api, run)
                .chain(sorted -> run.isCompleted()
                        ? Uni.createFrom().item(() -> over(api, run, sorted))
                        : end(api, cancelledFor, isOverdue(sorted)).replaceWith(() -> goesOn(sorted)));
    }

    private Uni<Void> end(GitHubApi api, Duration cancelledFor, boolean overdue) {
        return cancelledFor == null && !overdue
                ? Uni.createFrom().voidItem()
                : ending.ask(api, cancelledFor == null ? Duration.ZERO : cancelledFor);
    }

    /**
     * The jobs in their order. They are looked at the less often the longer a run goes on, but always at its end; how it ended is
     * known without them.
     */
    private Uni<List<GitHubJob>> jobs(GitHubApi api, GitHubRun run) {
        if (!run.isCompleted() && clock.instant().isBefore(jobsNotBefore)) {
            return Uni.createFrom().item(jobs::sorted);
        }
        return jobs.look(api)
                .invoke(this::pauseAfter)
                .onFailure(failure ->
                        failure instanceof GitHubFault.Refused && run.isCompleted() && ++refusals >= MOST_REFUSALS)
                .recoverWithItem(jobs::sorted);
    }

    private void pauseAfter(List<GitHubJob> sorted) {
        Instant now = clock.instant();
        Duration pause = beginning(sorted)
                .map(began -> Duration.between(began, now).dividedBy(JOBS_LOOKS))
                .orElse(Duration.ZERO);
        jobsNotBefore = now.plus(pause.compareTo(LONGEST_JOBS_PAUSE) < 0 ? pause : LONGEST_JOBS_PAUSE);
    }

    private static RunnerEvent waits(GitHubRun run) {
        return new RunnerEvent.Waiting(
                switch (run.status()) {
                    case "waiting" ->
                        "GitHub waits for what protects the environment: an approval, or a timer. See " + run.htmlUrl();
                    case "pending" ->
                        "GitHub lets another run of the same concurrency group end first. See " + run.htmlUrl();
                    default -> "GitHub looks for a runner. See " + run.htmlUrl();
                });
    }

    private Observed goesOn(List<GitHubJob> sorted) {
        Telling now = told.next();
        now.begin();
        steps(sorted, false, now);
        told = now;
        return Observed.goesOn(now.events(), settings.pollEvery());
    }

    private Observed over(GitHubApi api, GitHubRun run, List<GitHubJob> sorted) {
        Telling last = told.next();
        if (sorted.stream().anyMatch(GitHubJob::hasBegun)) {
            last.begin();
        }
        steps(sorted, true, last);
        if (jobs.unseen() > 0) {
            last.line(
                    "[reliably-server: the run has " + jobs.unseen() + " more jobs, which are to be seen at GitHub]\n");
        }
        told = last;
        Multi<RunnerEvent> logs = new JobLogs(api, settings.pollEvery(), clock).of(sorted, last);
        return Observed.ended(Multi.createBy().concatenating().streams(logs, runAgain(run, last)), end(run, sorted))
                .after(last.events());
    }

    /** Last of all, because it may not have been so when the same was told before. */
    private Multi<RunnerEvent> runAgain(GitHubRun run, Telling telling) {
        return Multi.createFrom()
                .deferred(() -> latest <= attempt
                        ? Multi.createFrom().empty()
                        : Multi.createFrom()
                                .iterable(telling
                                        .output("\n[reliably-server: this is attempt " + attempt
                                                + "; GitHub has run it again since, up to attempt " + latest + ", see "
                                                + run.htmlUrl() + "]\n")
                                        .stream()
                                        .toList()));
    }

    /** Lines for the steps that have not been told; nothing behind one that goes on. */
    private static void steps(List<GitHubJob> sorted, boolean all, Telling telling) {
        int number = 0;
        for (GitHubJob job : sorted) {
            for (GitHubJob.Step step : job.steps()) {
                if (!all && !step.isCompleted()) {
                    return;
                }
                if (number++ >= telling.steps()) {
                    telling.step("[" + job.name() + "] " + step.name() + ": "
                            + (step.conclusion() == null ? step.status() : step.conclusion()) + "\n");
                }
            }
            if (!all && !job.isCompleted()) {
                return;
            }
        }
    }

    /** Counted from when a runner took the first job: before that it waited, perhaps for days. */
    private boolean isOverdue(List<GitHubJob> sorted) {
        return beginning(sorted)
                .filter(began -> clock.instant().isAfter(began.plus(timeout)))
                .isPresent();
    }

    private boolean tookTooLong(GitHubRun run, List<GitHubJob> sorted) {
        // Of a run that was run again since, the time of its last change is not that of this end.
        Optional<Instant> ended = latest <= attempt
                ? Optional.ofNullable(run.updatedAt())
                : sorted.stream()
                        .map(GitHubJob::completedAt)
                        .filter(Objects::nonNull)
                        .max(Comparator.naturalOrder());
        return ended.isPresent()
                && beginning(sorted)
                        .filter(began -> !ended.get().isBefore(began.plus(timeout)))
                        .isPresent();
    }

    private static Optional<Instant> beginning(List<GitHubJob> sorted) {
        return sorted.stream()
                .filter(job -> job.hasBegun() && job.startedAt() != null)
                .map(GitHubJob::startedAt)
                .min(Comparator.naturalOrder());
    }

    private RunnerEvent.Ended end(GitHubRun run, List<GitHubJob> sorted) {
        String conclusion = run.conclusion() == null ? "" : run.conclusion();
        return switch (conclusion) {
            case "success" ->
                RunnerEvent.Ended.well(
                        "The workflow's job has to use the action reliablyhq/actions/plan, see " + run.htmlUrl(),
                        serverUrl,
                        "RELIABLY_PUBLIC_URL");
            case "failure" -> failed(run, sorted);
            // GitHub goes by what the job says, where the plan's time is written to unless the repository has its own.
            case "timed_out" ->
                new RunnerEvent.Ended(
                        How.TIMED_OUT,
                        null,
                        "The run took longer than it may, and was stopped by GitHub. The plan can allow more"
                                + " (policies.timeout_seconds), or the workflow's job (timeout-minutes).");
            case "cancelled" ->
                tookTooLong(run, sorted)
                        ? RunnerEvent.Ended.tookTooLong(null, "RELIABLY_GITHUB_TIMEOUT")
                        : new RunnerEvent.Ended(How.CANCELLED, null, null);
            case "startup_failure" -> unprepared("GitHub could not start the workflow, see " + run.htmlUrl());
            case "action_required" -> unprepared("GitHub wants somebody to allow the run, see " + run.htmlUrl());
            default -> unprepared("GitHub did not run the plan (" + conclusion + "), see " + run.htmlUrl());
        };
    }

    /** Whatever came of the experiment is in its execution; a step before or behind it may be what failed. */
    private static RunnerEvent.Ended failed(GitHubRun run, List<GitHubJob> sorted) {
        if (!sorted.isEmpty() && sorted.stream().noneMatch(GitHubJob::hasBegun)) {
            return unprepared(
                    "GitHub found no runner that took the workflow's job, or ended it before its first step (a"
                            + " limit of the account is one reason), see " + run.htmlUrl());
        }
        String what = sorted.stream()
                .flatMap(job -> job.steps().stream()
                        .filter(GitHubJob.Step::hasFailed)
                        .map(step -> "its step '" + step.name() + "' of the job '" + job.name() + "' did"))
                .findFirst()
                .orElse("GitHub does not say at which step");
        return new RunnerEvent.Ended(How.EXITED, 1, "The workflow failed: " + what + ", see " + run.htmlUrl());
    }

    private static RunnerEvent.Ended unprepared(String why) {
        return new RunnerEvent.Ended(How.UNPREPARED, null, why);
    }
}
