package com.reliably.runner.github;

import com.reliably.deployment.GitHubDefinition;
import com.reliably.runner.EngineSchedule;
import com.reliably.runner.LaunchFailure;
import com.reliably.runner.ScheduleEvent;
import com.reliably.runner.github.api.GitHubApi;
import com.reliably.runner.github.api.GitHubFault;
import com.reliably.runner.github.api.GitHubRun;
import com.reliably.runner.github.repository.WorkflowKeeper;
import com.reliably.runner.github.webhook.RepositoryNews;
import com.reliably.runner.github.webhook.RepositoryNews.Concern;
import com.reliably.runner.github.workflow.GitHubCron;
import com.reliably.runner.github.workflow.WorkflowFile;
import com.reliably.runner.github.workflow.WorkflowOrder;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jboss.logging.Logger;

/**
 * What becomes of a schedule at GitHub, from look to look: the runs that it starts, and what others do to its file. Whatever
 * is wrong with the file, the runs are told.
 */
final class ScheduleWatch {

    private static final Logger LOG = Logger.getLogger(ScheduleWatch.class);

    /** The file and the workflow's state are looked at less often than runs, whatever happens to those: every few minutes. */
    private static final int LOOKS_BETWEEN = 60;
    /** GitHub's own limit where runs are filtered by what started them: a thousand runs. */
    private static final int MOST_PAGES = 10;

    /** GitHub's own limit is fifty that run it again. */
    private static final int MOST_ATTEMPTS = 100;

    private static final String ACTIVE = "active";

    private final RepositoryRuns runs;
    private final RepositoryNews news;
    private final Concern concern;
    private final GitHubSettings settings;
    private final WorkflowKeeper keeper;
    private final GitHubApi api;
    private final GitHubDefinition definition;
    private final EngineSchedule schedule;
    private final Supplier<WorkflowOrder> order;
    private final GitHubCron cron;
    private final String fileName;
    private final String path;
    private final Set<Told> told = new HashSet<>();
    /** Runs up to this one have been looked through. */
    private long seenUpTo;

    private boolean looked;
    private long lookedAt;
    private long thoroughAt;
    private boolean stateUnknown = true;
    private ScheduleEvent state;

    /** A run of GitHub's, in one attempt: GitHub runs it again where people ask for that. */
    private record Told(long id, int attempt) {}

    /** @param order what the schedule's workflow should be; fails where that cannot be said */
    ScheduleWatch(
            RepositoryRuns runs,
            RepositoryNews news,
            GitHubSettings settings,
            WorkflowKeeper keeper,
            GitHubApi api,
            EngineSchedule schedule,
            Supplier<WorkflowOrder> order) {
        this.runs = runs;
        this.news = news;
        this.concern = Concern.any(schedule.orgId(), api.address());
        this.settings = settings;
        this.keeper = keeper;
        this.api = api;
        this.definition = (GitHubDefinition) schedule.definition();
        this.schedule = schedule;
        this.order = order;
        this.cron = GitHubCron.of(schedule.pattern(), schedule.timezone());
        this.fileName = WorkflowOrder.fileNameOf(schedule.planId());
        this.path = WorkflowOrder.pathOf(schedule.planId());
    }

    Multi<ScheduleEvent> events() {
        return Multi.createBy()
                .repeating()
                .uni(() -> looked
                        ? news.pause(concern, lookedAt, settings.pollEvery()).chain(this::look)
                        : look())
                .indefinitely()
                .onItem()
                .transformToMultiAndConcatenate(started -> Multi.createBy()
                        .concatenating()
                        .streams(Multi.createFrom().iterable(started), newState()));
    }

    private Uni<List<ScheduleEvent>> look() {
        lookedAt = System.nanoTime();
        // At first those of the workflow, which may not be among the repository's latest any more.
        Uni<List<GitHubRun>> all = looked ? latest() : ofWorkflow().invoke(this::seen);
        looked = true;
        return all.map(this::started);
    }

    /** Those of the repository; where they do not reach back to what was seen before, those of the workflow, too. */
    private Uni<List<GitHubRun>> latest() {
        return runs.latest(api, news.lastOf(concern)).chain(page -> {
            if (page.runs().isEmpty()) {
                return Uni.createFrom().item(page.runs());
            }
            LongSummaryStatistics ids =
                    page.runs().stream().mapToLong(GitHubRun::id).summaryStatistics();
            boolean reachesBack = page.runs().size() < GitHubApi.RUNS_OF_A_PAGE || ids.getMin() <= seenUpTo;
            Uni<List<GitHubRun>> all = reachesBack
                    ? Uni.createFrom().item(page.runs())
                    : ofWorkflow().map(own -> {
                        List<GitHubRun> both = new ArrayList<>(own);
                        both.addAll(page.runs());
                        return both;
                    });
            return all.invoke(() -> {
                seen(page.runs());
                // What is older is not seen there again.
                told.removeIf(one -> one.id() < ids.getMin());
            });
        });
    }

    private void seen(List<GitHubRun> runs) {
        runs.forEach(run -> seenUpTo = Math.max(seenUpTo, run.id()));
    }

    private Uni<List<GitHubRun>> ofWorkflow() {
        return ofWorkflow(1, new ArrayList<>());
    }

    /** Page by page, until runs are known: they are told, and so recorded, in their order. */
    private Uni<List<GitHubRun>> ofWorkflow(int number, List<GitHubRun> newer) {
        return api.scheduledRunsOf(fileName, number)
                .onFailure(failure -> failure instanceof GitHubFault.Refused refused && refused.isUnknown())
                .recoverWithItem(() -> new GitHubRun.Page(0, List.of()))
                .chain(page -> {
                    newer.addAll(page.runs());
                    if (page.runs().size() < GitHubApi.RUNS_OF_A_PAGE) {
                        return Uni.createFrom().item(newer);
                    }
                    GitHubRun oldest = page.runs().get(page.runs().size() - 1);
                    return isKnown(oldest).chain(known -> {
                        if (known) {
                            return Uni.createFrom().item(newer);
                        }
                        if (number == MOST_PAGES) {
                            LOG.warnf(
                                    "Plan %s has more runs at GitHub than are listed there; those before %s are not"
                                            + " recorded",
                                    schedule.planId(), oldest.createdAt());
                            return Uni.createFrom().item(newer);
                        }
                        return ofWorkflow(number + 1, newer);
                    });
                });
    }

    private Uni<Boolean> isKnown(GitHubRun run) {
        return told.contains(new Told(run.id(), 1))
                ? Uni.createFrom().item(true)
                : schedule.isRecorded().apply(Dispatch.referenceOf(run.htmlUrl()));
    }

    private List<ScheduleEvent> started(List<GitHubRun> all) {
        return all.stream()
                .filter(run -> "schedule".equals(run.event())
                        && run.path() != null
                        && run.path().startsWith(path))
                .sorted(Comparator.comparingLong(GitHubRun::id))
                .flatMap(run -> IntStream.rangeClosed(1, Math.min(run.attempt(), MOST_ATTEMPTS))
                        .filter(attempt -> told.add(new Told(run.id(), attempt)))
                        .mapToObj(attempt -> started(run, attempt)))
                .toList();
    }

    /**
     * What people had run again is a run of its own, due when they asked for it. Of earlier attempts the list does not say when
     * that was: those that are seen late are taken to be due with the last one, which matters where they are not recorded yet.
     */
    private ScheduleEvent started(GitHubRun run, int attempt) {
        String url = GitHubReference.urlOf(run.htmlUrl(), attempt);
        boolean isSchedules = attempt == 1 || run.startedAt() == null;
        return new ScheduleEvent.Started(
                Dispatch.referenceOf(url), isSchedules ? cron.nominalTimeOf(run.createdAt()) : run.startedAt(), url);
    }

    /** Looked at when runs have been told; at most one. */
    private Multi<ScheduleEvent> newState() {
        Duration between = settings.pollEvery().multipliedBy(LOOKS_BETWEEN);
        if (!stateUnknown && lookedAt - thoroughAt < between.toNanos()) {
            return Multi.createFrom().empty();
        }
        stateUnknown = false;
        thoroughAt = lookedAt;
        return Uni.createFrom()
                .deferred(this::state)
                .onFailure(failure -> failure instanceof GitHubFault.Limited || failure instanceof GitHubFault.Unheard)
                .recoverWithUni(() -> {
                    // With the next look, which fails where that goes on.
                    stateUnknown = true;
                    return Uni.createFrom().nullItem();
                })
                .onFailure()
                .recoverWithItem(this::unseen)
                .toMulti()
                .filter(now -> !now.equals(state))
                .invoke(now -> state = now);
    }

    private ScheduleEvent unseen(Throwable failure) {
        if (failure instanceof LaunchFailure) {
            return new ScheduleEvent.Trouble("The plan's workflow cannot be made any more as it should be: "
                    + failure.getMessage() + " What GitHub has goes on as it is.");
        }
        if (!(failure instanceof GitHubFault)) {
            LOG.warnf("The workflow of plan %s is not looked at: %s", schedule.planId(), failure.toString());
            LOG.debug("The cause:", failure);
        }
        return new ScheduleEvent.Trouble("The plan's workflow cannot be looked at: " + failure.getMessage()
                + ". Give the deployment's credentials the right to read contents and actions of the repository.");
    }

    private Uni<ScheduleEvent> state() {
        return api.file(path, definition.ref()).chain(file -> {
            if (file.isEmpty()) {
                return schedule.suspended()
                        ? Uni.createFrom().item(new ScheduleEvent.Sound())
                        : trouble("The plan's workflow " + path
                                + " was deleted at GitHub, so that nothing is started: suspend and resume the plan to have"
                                + " it made again.");
            }
            WorkflowFile present = new WorkflowFile(file.get().text());
            if (!present.isUntouched()) {
                return trouble("The plan's workflow " + path
                        + " was changed at GitHub by others. Undo the change, or delete the file; then suspend and resume"
                        + " the plan.");
            }
            WorkflowOrder now = order.get();
            return keeper.wanted(api, definition, now)
                    .chain(wanted ->
                            wanted.equals(present) ? api.workflowState(fileName).map(this::judged) : outdated(now));
        });
    }

    /** The template, the server's settings or the zone's clocks have changed since it was written. */
    private Uni<ScheduleEvent> outdated(WorkflowOrder now) {
        if (schedule.suspended()) {
            return trouble(
                    "The plan's workflow " + path + " is not what it should be any more, or could not be written:"
                            + " resume the plan to have it made again.");
        }
        return keeper.keep(api, definition, now)
                .chain(kept -> kept.isInPlace()
                        ? api.workflowState(fileName).map(this::judged)
                        : trouble(
                                "What has changed in the template or the server's settings is not in the plan's workflow"
                                        + " yet: " + kept.waitsFor()));
    }

    private ScheduleEvent judged(String now) {
        if (!schedule.suspended() && !ACTIVE.equals(now)) {
            return new ScheduleEvent.Trouble("The plan's workflow is disabled at GitHub (" + now
                    + "), so that nothing is started: enable it there, or suspend and resume the plan.");
        }
        if (schedule.suspended() && ACTIVE.equals(now)) {
            return new ScheduleEvent.Trouble("The plan is suspended, and somebody enabled its workflow at GitHub:"
                    + " disable it there, or resume the plan.");
        }
        if (!schedule.suspended() && !api.address().isCloud() && cron.isInexactInUtc()) {
            return new ScheduleEvent.Trouble(
                    "This GitHub Enterprise Server reads cron in UTC only. When the clocks of the plan's zone change, this"
                            + " server writes the workflow anew, some minutes later; what is due before that is an hour"
                            + " off. Give the plan the time zone UTC to have it exact.");
        }
        return new ScheduleEvent.Sound();
    }

    private static Uni<ScheduleEvent> trouble(String what) {
        return Uni.createFrom().item(new ScheduleEvent.Trouble(what));
    }
}
