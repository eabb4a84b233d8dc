package com.reliably.runner.github;

import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.GitHubDefinition;
import com.reliably.runner.DeploymentGone;
import com.reliably.runner.LaunchFailure;
import com.reliably.runner.RunAtEngine;
import com.reliably.runner.RunnerEvent;
import com.reliably.runner.RunnerEvent.How;
import com.reliably.runner.github.GitHubApi.Dispatched;
import com.reliably.runner.github.RepositoryNews.Concern;
import com.reliably.start.PublicUrl;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * One run, followed from wherever it is: to be dispatched, perhaps dispatched, going on. What has been done stands in the
 * database before and after ({@link DispatchStore}), so that it can be broken off at any moment and gone on with by any
 * server; docs/adr/0013 has why nothing is dispatched twice.
 */
final class RunObservation {

    private static final Logger LOG = Logger.getLogger(RunObservation.class);

    private static final Duration DEFINITION_KEPT = Duration.ofSeconds(30);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
    private static final Duration FORCED_AFTER = Duration.ofMinutes(2);
    /** For how long GitHub lets a run wait, for approvals; then it gives it up. */
    private static final Duration LONGEST_WAIT = Duration.ofDays(30);
    /** A server that was stopped between saying that it asks and asking does not ask any more. */
    private static final Duration ASKS_WITHIN = Duration.ofSeconds(10);

    private final Parts parts;
    private final RunAtEngine run;
    private final long fromByte;
    private GitHubDefinition definition;
    private GitHubApi api;
    private long definedAt;
    private FollowedRun followed;
    private boolean located;
    private boolean searching;
    private boolean forced;
    private boolean askedWhetherDisabled;
    private String waitsFor;
    private Instant refusedSince;
    private int failures;
    private long lookedAt;
    private Duration untilNextLook = Duration.ZERO;

    /** What an observation needs, the same for all. */
    record Parts(
            GitHubApis apis,
            DispatchStore store,
            WorkflowKeeper keeper,
            RepositoryRuns runs,
            RepositoryNews news,
            ServiceTokens serviceTokens,
            GitHubSettings settings,
            PublicUrl publicUrl,
            Clock clock) {}

    RunObservation(Parts parts, RunAtEngine run, long fromByte) {
        this.parts = parts;
        this.run = run;
        this.fromByte = fromByte;
    }

    /** Everything that happens to the run, until it has ended. */
    Multi<RunnerEvent> events() {
        return Multi.createBy()
                .repeating()
                // Before a look, so that what a look saw is told at once.
                .uni(() -> pause(untilNextLook).chain(this::look).invoke(observed -> untilNextLook = observed.pause()))
                .whilst(observed -> !observed.isLast())
                .onItem()
                .transformToMultiAndConcatenate(observed -> Multi.createFrom().iterable(observed.events()));
    }

    private Uni<Void> pause(Duration longest) {
        if (longest.isZero() || longest.isNegative()) {
            return Uni.createFrom().voidItem();
        }
        Optional<Concern> concern = concern();
        return concern.isEmpty() ? RepositoryNews.after(longest) : parts.news().pause(concern.get(), lookedAt, longest);
    }

    /** What is worth another look: what happens to the run, or to any as long as it is not known which it is. */
    private Optional<Concern> concern() {
        if (followed != null) {
            return Optional.of(Concern.run(run.orgId(), api.address(), followed.id()));
        }
        return searching ? Optional.of(Concern.any(run.orgId(), api.address())) : Optional.empty();
    }

    private Uni<Observed> look() {
        lookedAt = System.nanoTime();
        searching = false;
        return defined()
                .chain(this::lookAtOrder)
                .invoke(observed -> failures = 0)
                .onFailure(GitHubFault.Limited.class)
                .recoverWithItem(limit -> limited((GitHubFault.Limited) limit))
                .onFailure(GitHubFault.Unheard.class)
                .recoverWithItem(failure -> again(failure.getMessage()))
                .onFailure(GitHubFault.Refused.class)
                .recoverWithItem(refusal -> refused((GitHubFault.Refused) refusal))
                .onFailure(LaunchFailure.class)
                .recoverWithItem(failure -> ended(How.UNPREPARED, failure.getMessage()))
                .onFailure(DeploymentGone.class)
                .recoverWithItem(gone -> ended(
                        How.VANISHED,
                        "The deployment was deleted, and its credentials with it, so that how the run ended is not"
                                + " known."));
    }

    /** Credentials may be replaced while a run goes on. */
    private Uni<Void> defined() {
        if (api != null && System.nanoTime() - definedAt < DEFINITION_KEPT.toNanos()) {
            return Uni.createFrom().voidItem();
        }
        return run.definition().get().invoke(this::define).replaceWithVoid();
    }

    private void define(DeploymentDefinition now) {
        definition = (GitHubDefinition) now;
        api = parts.apis().of(now);
        definedAt = System.nanoTime();
    }

    private Uni<Observed> lookAtOrder() {
        return parts.store().find(run.orgId(), run.runId()).chain(order -> {
            if (order == null) {
                return startedByGitHub();
            }
            if (order.gitHubRun() != null) {
                return follow(order);
            }
            if (order.intendedFor() != null) {
                return search(order);
            }
            return order.cancelledFor() != null ? item(ended(How.CANCELLED, null)) : prepare(order);
        });
    }

    private static Uni<Observed> item(Observed observed) {
        return Uni.createFrom().item(observed);
    }

    /** A run of GitHub's own schedule, whose reference says which. */
    private Uni<Observed> startedByGitHub() {
        Optional<Long> id = GitHubReference.runOf(run.reference());
        if (id.isEmpty()) {
            return item(ended(How.VANISHED, "What GitHub was asked to do for this run is not known any more."));
        }
        return follow(id.get(), parts.settings().timeout(), List.of());
    }

    private Uni<Observed> prepare(Dispatch order) {
        WorkflowOrder workflow = workflowOf(order);
        return parts.keeper().keep(api, definition, workflow).chain(kept -> {
            if (!kept.isInPlace()) {
                return item(new Observed(waiting(kept.waitsFor()), slowly()));
            }
            return putToken(order, workflow).chain(() -> dispatch(order));
        });
    }

    /** Before each dispatch: the token of the one before may have ended. */
    private Uni<Void> putToken(Dispatch order, WorkflowOrder workflow) {
        return parts.serviceTokens()
                .put(api, definition, workflow.environment(), order.planId(), () -> run.newPlanToken()
                        .apply(LONGEST_WAIT.plus(timeoutOf(order))));
    }

    private Duration timeoutOf(Dispatch order) {
        return order.timeout() == null ? parts.settings().timeout() : order.timeout();
    }

    private WorkflowOrder workflowOf(Dispatch order) {
        return WorkflowOrders.dispatched(parts.publicUrl(), parts.settings(), definition, run.orgId(), order);
    }

    private Uni<Observed> dispatch(Dispatch order) {
        return parts.store().intend(order).chain(intended -> {
            if (intended == null) {
                // Somebody else's, or not wanted any more: the next look sees.
                return item(new Observed(List.of(), Duration.ZERO));
            }
            long asked = System.nanoTime();
            return Uni.createFrom().deferred(() -> ask(intended, asked));
        });
    }

    private Uni<Observed> ask(Dispatch intended, long since) {
        if (System.nanoTime() - since > ASKS_WITHIN.toNanos()) {
            return item(new Observed(List.of(), Duration.ZERO));
        }
        return api.dispatch(
                        WorkflowOrder.fileNameOf(intended.planId()),
                        definition.ref(),
                        Map.of(WorkflowOrder.RUN_INPUT, intended.mark()))
                .chain(made -> made.isPresent() ? found(intended, made.get()) : item(soon()))
                .onFailure(failure -> failure instanceof GitHubFault.Refused || failure instanceof GitHubFault.Limited)
                .call(failure -> parts.store().refused(intended))
                .onFailure(GitHubFault.Refused.class)
                .recoverWithUni(refusal -> enabledAgain(intended, (GitHubFault.Refused) refusal)
                        .map(again -> again ? soon() : notDispatched((GitHubFault.Refused) refusal)));
    }

    /** Once: a workflow that a schedule has left disabled. */
    private Uni<Boolean> enabledAgain(Dispatch order, GitHubFault.Refused refusal) {
        if (refusal.status() != 422 || askedWhetherDisabled) {
            return Uni.createFrom().item(false);
        }
        return FormerSchedule.enabledAgain(api, WorkflowOrder.fileNameOf(order.planId()))
                .invoke(enabled -> askedWhetherDisabled = true);
    }

    /** A file that was just written is not known as a workflow at once; anything else does not get better. */
    private Observed notDispatched(GitHubFault.Refused refusal) {
        boolean mayBeTooEarly = refusal.status() == 404 || refusal.status() == 422;
        if (refusedSince == null) {
            refusedSince = parts.clock().instant();
        }
        Duration waited = Duration.between(refusedSince, parts.clock().instant());
        if (mayBeTooEarly && waited.compareTo(parts.settings().settlesWithin()) < 0) {
            return new Observed(
                    waiting("GitHub does not know the workflow yet, which was just written."), soon().pause());
        }
        return ended(How.UNPREPARED, explained(refusal));
    }

    private String explained(GitHubFault.Refused refusal) {
        return switch (refusal.status()) {
            case 401 -> refusal.getMessage() + ". The deployment's credentials are not (any more) good: replace them.";
            case 403 ->
                refusal.getMessage()
                        + ". The deployment's credentials lack a right: they need to write contents, workflows and actions"
                        + " of the repository.";
            case 404 ->
                refusal.getMessage() + ". Either the deployment's credentials do not reach "
                        + api.address().fullName() + ", or the branch '" + definition.ref()
                        + "' is not there, or it is not the repository's default branch: GitHub starts workflows only"
                        + " that the default branch has too.";
            default -> refusal.getMessage() + ". If the workflow is disabled, enable it at GitHub.";
        };
    }

    /** GitHub may have been asked. Its list of runs says so, sooner or later. */
    private Uni<Observed> search(Dispatch order) {
        searching = true;
        return api.runsOf(WorkflowOrder.fileNameOf(order.planId()))
                .map(GitHubRun.Page::runs)
                .onFailure(failure -> failure instanceof GitHubFault.Refused refused && refused.isUnknown())
                .recoverWithItem(List.of())
                .chain(runs -> {
                    List<GitHubRun> ours = runs.stream()
                            .filter(one -> isOf(order, one))
                            .sorted(Comparator.comparingLong(GitHubRun::id))
                            .toList();
                    if (!ours.isEmpty()) {
                        GitHubRun first = ours.get(0);
                        return found(order, new Dispatched(first.id(), first.htmlUrl()));
                    }
                    if (order.intendedFor().compareTo(parts.settings().settlesWithin()) < 0) {
                        return item(new Observed(
                                waiting("GitHub was asked to start the run, and does not show it yet."),
                                soon().pause()));
                    }
                    LOG.infof("GitHub was asked to start run %s, and did not: it is asked again", run.runId());
                    return order.cancelledFor() != null ? item(ended(How.CANCELLED, null)) : prepare(order);
                });
    }

    private static boolean isOf(Dispatch order, GitHubRun one) {
        return one.displayTitle() != null && one.displayTitle().contains(order.mark() + ")");
    }

    private Uni<Observed> found(Dispatch order, Dispatched made) {
        return parts.store()
                .found(order, made.runId(), made.htmlUrl())
                // Its end may have been asked for while nobody knew what to end.
                .call(now -> now == null || now.cancelledFor() == null
                        ? Uni.createFrom().voidItem()
                        : api.cancel(now.gitHubRun()))
                .map(now -> new Observed(List.of(), Duration.ZERO));
    }

    private Uni<Observed> follow(Dispatch order) {
        List<RunnerEvent> first =
                located ? List.of() : List.of(new RunnerEvent.Located(order.reference(), order.url()));
        located = true;
        return force(order)
                .chain(() -> cancelOthers(order))
                .chain(() -> follow(order.gitHubRun(), timeoutOf(order), first));
    }

    private Uni<Observed> follow(long id, Duration timeout, List<RunnerEvent> first) {
        if (followed == null || followed.id() != id) {
            followed = new FollowedRun(
                    parts.runs(), parts.clock(), id, timeout, parts.publicUrl().value(), fromByte);
        }
        return followed.look(api, parts.news().lastOf(Concern.run(run.orgId(), api.address(), id)))
                .map(events -> {
                    refusedSince = null;
                    List<RunnerEvent> all = new ArrayList<>(first);
                    all.addAll(events);
                    return new Observed(all, parts.settings().pollEvery());
                })
                // To be told again, because they were not.
                .onFailure()
                .invoke(() -> located = located && first.isEmpty());
    }

    /** Steps may ignore that their run is cancelled. */
    private Uni<Void> force(Dispatch order) {
        if (order.cancelledFor() == null || forced) {
            return Uni.createFrom().voidItem();
        }
        if (order.cancelledFor().compareTo(FORCED_AFTER) < 0) {
            return Uni.createFrom().voidItem();
        }
        forced = true;
        return api.change("POST", "/actions/runs/" + order.gitHubRun() + "/force-cancel", null)
                .onFailure(GitHubFault.Refused.class)
                .recoverWithNull()
                .replaceWithVoid();
    }

    /**
     * The last fence: should a server have asked that was stopped in between, and came back when another one had asked, what
     * came of that is cancelled before it has a runner.
     */
    private Uni<Void> cancelOthers(Dispatch order) {
        if (order.intents() < 2) {
            return Uni.createFrom().voidItem();
        }
        return parts.runs()
                .latest(api, parts.news().lastOf(Concern.any(run.orgId(), api.address())))
                .chain(page -> Multi.createFrom()
                        .iterable(page.runs())
                        .filter(one -> isOf(order, one) && one.id() != order.gitHubRun() && !one.isCompleted())
                        .onItem()
                        .transformToUniAndConcatenate(one -> {
                            LOG.warnf("GitHub has run %s twice; its run %d is cancelled", run.runId(), one.id());
                            return api.cancel(one.id());
                        })
                        .collect()
                        .last()
                        .replaceWithVoid());
    }

    private Observed limited(GitHubFault.Limited limit) {
        Duration remaining = Duration.between(parts.clock().instant(), limit.until());
        return new Observed(waiting(limit.getMessage()), shorter(remaining.plusMillis(200), LONGEST_PAUSE));
    }

    private Observed again(String why) {
        failures++;
        Duration pause = parts.settings().pollEvery().multipliedBy(1L << Math.min(failures, 6));
        return new Observed(waiting(why), shorter(pause, LONGEST_PAUSE));
    }

    /** Refused while a run is followed: it goes on, and credentials may be mended. */
    private Observed refused(GitHubFault.Refused refusal) {
        if (followed == null) {
            return ended(How.UNPREPARED, explained(refusal));
        }
        if (refusedSince == null) {
            refusedSince = parts.clock().instant();
        }
        Duration since = Duration.between(refusedSince, parts.clock().instant());
        if (since.compareTo(parts.settings().timeout()) > 0) {
            return ended(How.VANISHED, "GitHub does not say how the run ended: " + explained(refusal));
        }
        definedAt = System.nanoTime() - DEFINITION_KEPT.toNanos();
        return again(refusal.getMessage());
    }

    private Observed ended(How how, String why) {
        return new Observed(List.of(new RunnerEvent.Ended(how, null, why)), Duration.ZERO);
    }

    private List<RunnerEvent> waiting(String why) {
        if (why.equals(waitsFor)) {
            return List.of();
        }
        waitsFor = why;
        return List.of(new RunnerEvent.Waiting(why));
    }

    private Observed soon() {
        return new Observed(List.of(), shorter(parts.settings().pollEvery(), Duration.ofSeconds(2)));
    }

    private Duration slowly() {
        return shorter(parts.settings().pollEvery().multipliedBy(6), LONGEST_PAUSE);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
