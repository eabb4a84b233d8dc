package com.reliably.runner.github;

import com.reliably.deployment.GitHubDefinition;
import com.reliably.runner.ScheduleEvent;
import com.reliably.runner.github.RepositoryNews.Concern;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** What becomes of a schedule at GitHub, from look to look: the runs that it starts, and what others do to its file. */
final class ScheduleWatch {

    /** The file and the workflow's state are looked at less often than runs, whatever happens to those. */
    private static final int LOOKS_BETWEEN = 12;

    private static final String ACTIVE = "active";

    private final RepositoryRuns runs;
    private final RepositoryNews news;
    private final Concern concern;
    private final GitHubSettings settings;
    private final WorkflowKeeper keeper;
    private final GitHubApi api;
    private final GitHubDefinition definition;
    private final WorkflowOrder order;
    private final GitHubCron cron;
    private final boolean suspended;
    private final Set<Long> told = new HashSet<>();
    private boolean looked;
    private long lookedAt;
    private long thoroughAt;
    private ScheduleEvent state;

    ScheduleWatch(
            RepositoryRuns runs,
            RepositoryNews news,
            UUID orgId,
            GitHubSettings settings,
            WorkflowKeeper keeper,
            GitHubApi api,
            GitHubDefinition definition,
            WorkflowOrder order,
            GitHubCron cron,
            boolean suspended) {
        this.runs = runs;
        this.news = news;
        this.concern = Concern.any(orgId, api.address());
        this.settings = settings;
        this.keeper = keeper;
        this.api = api;
        this.definition = definition;
        this.order = order;
        this.cron = cron;
        this.suspended = suspended;
    }

    Multi<ScheduleEvent> events() {
        return Multi.createBy()
                .repeating()
                .uni(() -> looked
                        ? news.pause(concern, lookedAt, settings.pollEvery()).chain(this::look)
                        : look())
                .indefinitely()
                .onItem()
                .transformToMultiAndConcatenate(events -> Multi.createFrom().iterable(events));
    }

    private Uni<List<ScheduleEvent>> look() {
        lookedAt = System.nanoTime();
        // At first those of the workflow, which may not be among the repository's latest any more.
        Uni<GitHubRun.Page> page = looked ? runs.latest(api, news.lastOf(concern)) : ofWorkflow();
        boolean thorough = isTimeToBeThorough();
        looked = true;
        return page.map(this::started)
                .chain(events -> thorough
                        ? state().map(now -> {
                            if (!now.equals(state)) {
                                state = now;
                                events.add(now);
                            }
                            return events;
                        })
                        : Uni.createFrom().item(events));
    }

    private boolean isTimeToBeThorough() {
        boolean isTime = !looked
                || lookedAt - thoroughAt
                        >= settings.pollEvery().multipliedBy(LOOKS_BETWEEN).toNanos();
        if (isTime) {
            thoroughAt = lookedAt;
        }
        return isTime;
    }

    private Uni<GitHubRun.Page> ofWorkflow() {
        return api.runsOf(order.fileName())
                .onFailure(failure -> failure instanceof GitHubFault.Refused refused && refused.isUnknown())
                .recoverWithItem(() -> new GitHubRun.Page(0, List.of()));
    }

    private List<ScheduleEvent> started(GitHubRun.Page page) {
        List<ScheduleEvent> events = new ArrayList<>();
        for (int i = page.runs().size() - 1; i >= 0; i--) {
            GitHubRun run = page.runs().get(i);
            boolean ours = "schedule".equals(run.event())
                    && run.path() != null
                    && run.path().startsWith(order.path());
            if (ours && told.add(run.id())) {
                events.add(new ScheduleEvent.Started(
                        Dispatch.referenceOf(run.htmlUrl()), cron.nominalTimeOf(run.createdAt()), run.htmlUrl()));
            }
        }
        return events;
    }

    private Uni<ScheduleEvent> state() {
        return keeper.wanted(api, definition, order)
                .chain(wanted -> api.file(order.path(), definition.ref()).chain(file -> {
                    if (file.isEmpty()) {
                        return trouble("The plan's workflow " + order.path()
                                + " was deleted at GitHub, so that nothing is started: suspend and resume the plan to have"
                                + " it made again.");
                    }
                    if (!wanted.text().equals(file.get().text())) {
                        return trouble("The plan's workflow " + order.path()
                                + " is not what it should be, because it or the template was changed: suspend and resume"
                                + " the plan to have it made again.");
                    }
                    return api.workflowState(order.fileName()).map(this::judged);
                }));
    }

    private ScheduleEvent judged(String now) {
        if (!suspended && !ACTIVE.equals(now)) {
            return new ScheduleEvent.Trouble("The plan's workflow is disabled at GitHub (" + now
                    + "), so that nothing is started: enable it there, or suspend and resume the plan.");
        }
        if (suspended && ACTIVE.equals(now)) {
            return new ScheduleEvent.Trouble("The plan is suspended, and somebody enabled its workflow at GitHub:"
                    + " disable it there, or resume the plan.");
        }
        if (!suspended && !api.address().isCloud() && cron.isInexactInUtc()) {
            return new ScheduleEvent.Trouble(
                    "This GitHub Enterprise Server reads cron in UTC only, so that the plan is an"
                            + " hour off while its zone's clocks show another time than when it was written: suspend and"
                            + " resume the plan then, or give it the time zone UTC.");
        }
        return new ScheduleEvent.Sound();
    }

    private static Uni<ScheduleEvent> trouble(String what) {
        return Uni.createFrom().item(new ScheduleEvent.Trouble(what));
    }
}
