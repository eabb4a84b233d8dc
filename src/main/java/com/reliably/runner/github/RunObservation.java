package com.reliably.runner.github;

import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.GitHubDefinition;
import com.reliably.runner.DeploymentGone;
import com.reliably.runner.LaunchFailure;
import com.reliably.runner.RunAtEngine;
import com.reliably.runner.RunnerEvent;
import com.reliably.runner.RunnerEvent.How;
import com.reliably.runner.github.api.GitHubApi;
import com.reliably.runner.github.api.GitHubApi.Dispatched;
import com.reliably.runner.github.api.GitHubApi.Seen;
import com.reliably.runner.github.api.GitHubApis;
import com.reliably.runner.github.api.GitHubFault;
import com.reliably.runner.github.api.GitHubRun;
import com.reliably.runner.github.api.RepositoryAddress;
import com.reliably.runner.github.api.SendingWindow;
import com.reliably.runner.github.repository.ServiceTokens;
import com.reliably.runner.github.repository.WorkflowKeeper;
import com.reliably.runner.github.webhook.RepositoryNews;
import com.reliably.runner.github.webhook.RepositoryNews.Concern;
import com.reliably.runner.github.workflow.WorkflowOrder;
import com.reliably.start.PublicUrl;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.VertxException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
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
    /** For how long GitHub lets a run wait, for approvals; then it gives it up. */
    private static final Duration LONGEST_WAIT = Duration.ofDays(30);
    /** A server that was stopped between saying that it asks and asking does not ask any more. */
    private static final Duration ASKS_WITHIN = Duration.ofSeconds(10);
    /** How often GitHub is asked for the same run without its being seen that it has it. */
    private static final int MOST_ASKINGS = 3;

    private final Parts parts;
    private final RunAtEngine run;
    private final long fromByte;
    private final Twins twins;
    private GitHubDefinition definition;
    private GitHubApi api;
    private RunPlace place;
    private long definedAt;
    private FollowedRun followed;
    /** Whether GitHub has it, or may for all that is known: then no failure of ours is its end. */
    private boolean mayBeThere = true;
    /** Its repository is elsewhere, GitHub says; perhaps where the deployment says now. */
    private boolean moved;

    private boolean searching;
    private Long locatedAs;
    private boolean askedWhetherDisabled;
    private String waitsFor;
    private Instant tooEarlySince;
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
        this.twins = new Twins(parts.store(), parts.runs(), parts.news());
    }

    /** Everything that happens to the run, until it has ended. */
    Multi<RunnerEvent> events() {
        return Multi.createBy()
                .repeating()
                // Before a look, so that what a look saw is told at once.
                .uni(() -> pause(untilNextLook).chain(this::look).invoke(observed -> untilNextLook = observed.pause()))
                .whilst(observed -> !observed.isLast())
                .onItem()
                .transformToMultiAndConcatenate(Observed::events)
                .filter(this::isNews);
    }

    /** That it still waits for the same is none. */
    private boolean isNews(RunnerEvent event) {
        if (!(event instanceof RunnerEvent.Waiting waiting)) {
            return true;
        }
        boolean isNew = !waiting.why().equals(waitsFor);
        waitsFor = waiting.why();
        return isNew;
    }

    private Uni<Void> pause(Duration longest) {
        if (longest.isZero() || longest.isNegative()) {
            return Uni.createFrom().voidItem();
        }
        Uni<Void> whole = RepositoryNews.after(longest);
        return concern()
                .map(concern -> parts.news()
                        .pause(concern, lookedAt, longest)
                        .onFailure()
                        .recoverWithUni(whole))
                .orElse(whole);
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
        return parts.store()
                .find(run.orgId(), run.runId())
                .invoke(order -> mayBeThere = order == null || order.mayBeAtGitHub())
                .chain(this::lookAt)
                .invoke(observed -> {
                    failures = 0;
                    refusedSince = null;
                })
                .onFailure()
                .recoverWithItem(this::afterFailure);
    }

    private Uni<Observed> lookAt(Dispatch order) {
        if (order == null) {
            return GitHubReference.of(run.reference())
                    .map(known -> defined(null).chain(() -> startedByGitHub(known)))
                    .orElseGet(() -> item(
                            ended(How.VANISHED, "What GitHub was asked to do for this run is not known any more.")));
        }
        return !mayBeThere && order.cancelledFor() != null
                ? item(ended(How.CANCELLED, null))
                : defined(order).chain(() -> lookAtOrder(order));
    }

    /** No failure ends what GitHub may have, and none is tried again without a pause. */
    private Observed afterFailure(Throwable failure) {
        if (failure instanceof GitHubFault.Limited limit) {
            return limited(limit);
        }
        if (failure instanceof GitHubFault.Refused refusal) {
            return refused(refusal);
        }
        if (failure instanceof GitHubFault) {
            return again(failure.getMessage());
        }
        if (failure instanceof LaunchFailure) {
            return mayBeThere ? inDoubt(failure.getMessage()) : ended(How.UNPREPARED, failure.getMessage());
        }
        if (failure instanceof RunPlace.Left) {
            return mayBeThere
                    ? ended(How.VANISHED, failure.getMessage() + " How the run ended is not known.")
                    : ended(How.UNPREPARED, failure.getMessage());
        }
        if (failure instanceof DeploymentGone) {
            return mayBeThere
                    ? ended(
                            How.VANISHED,
                            "The deployment was deleted, and its credentials with it, so that how the run ended is"
                                    + " not known.")
                    : ended(How.UNPREPARED, "The deployment was deleted before the run began.");
        }
        return failure instanceof UncheckedIOException wrapped ? afterFailure(wrapped.getCause()) : unexpected(failure);
    }

    /** The database is away, or the server has a fault. Neither is a reason to ask GitHub every second. */
    private Observed unexpected(Throwable failure) {
        if (failure instanceof VertxException || failure instanceof TimeoutException) {
            LOG.warnf("Run %s is looked at again: %s", run.runId(), failure.toString());
        } else {
            LOG.warnf(failure, "Run %s is looked at again, after what should not happen", run.runId());
        }
        return again("The server failed at looking after the run, and tries again; its log says more.");
    }

    /** Credentials may be replaced while a run goes on. */
    private Uni<Void> defined(Dispatch order) {
        RunPlace now = moved ? RunPlace.ANY : RunPlace.of(order, run.reference());
        if (api != null && now.equals(place) && System.nanoTime() - definedAt < DEFINITION_KEPT.toNanos()) {
            return Uni.createFrom().voidItem();
        }
        return run.definition().get().invoke(given -> define(given, now)).replaceWithVoid();
    }

    private void define(DeploymentDefinition given, RunPlace at) {
        GitHubDefinition there = at.of(given);
        api = parts.apis().of(there);
        definition = there;
        place = at;
        definedAt = System.nanoTime();
    }

    private Uni<Observed> lookAtOrder(Dispatch order) {
        if (order.gitHubRun() != null) {
            return follow(order);
        }
        return order.intendedFor() != null ? search(order) : prepare(order);
    }

    private static Uni<Observed> item(Observed observed) {
        return Uni.createFrom().item(observed);
    }

    /** A run of GitHub's own schedule, whose reference says which. */
    private Uni<Observed> startedByGitHub(GitHubReference known) {
        return follow(known.id(), known.attempt(), parts.settings().timeout(), null);
    }

    private Uni<Observed> prepare(Dispatch order) {
        WorkflowOrder workflow = workflowOf(order);
        return parts.keeper().keep(api, definition, workflow).chain(kept -> {
            if (!kept.isInPlace()) {
                return item(waiting(kept.waitsFor(), slowly()));
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
        return Uni.createFrom().deferred(() -> {
            // Before the intent, which is by the database's clock.
            SendingWindow window = SendingWindow.open(parts.clock(), ASKS_WITHIN);
            return parts.store()
                    .intend(order, RepositoryAddress.nameOf(definition))
                    // Null where it is somebody else's, or not wanted any more: the next look sees.
                    .chain(intended -> intended == null ? item(soon()) : ask(intended, window));
        });
    }

    private Uni<Observed> ask(Dispatch intended, SendingWindow window) {
        mayBeThere = true;
        return api.dispatch(
                        WorkflowOrder.fileNameOf(intended.planId()),
                        definition.ref(),
                        Map.of(WorkflowOrder.RUN_INPUT, intended.mark()),
                        window)
                .chain(made -> made.isPresent() ? found(intended, made.get()) : item(soon()))
                .onFailure(RunObservation::isCertainlyNotDone)
                .call(failure -> parts.store()
                        .refused(intended)
                        // What was asked before this time may have come to something.
                        .invoke(now -> mayBeThere = now == null || now.mayBeAtGitHub()))
                .onFailure(GitHubFault.Unsent.class)
                .recoverWithItem(this::soon)
                .onFailure(failure -> failure instanceof GitHubFault.Refused && !mayBeThere)
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

    private static boolean isCertainlyNotDone(Throwable failure) {
        return failure instanceof GitHubFault.Refused refused && !isOfGateway(refused)
                || failure instanceof GitHubFault.Limited
                || failure instanceof GitHubFault.Unsent;
    }

    /** Of gateways that did not wait for what comes of a request. */
    private static boolean isOfGateway(GitHubFault.Refused refused) {
        return refused.status() == 408 || refused.status() == 499;
    }

    /** A file that was just written is not known as a workflow at once; anything else does not get better. */
    private Observed notDispatched(GitHubFault.Refused refusal) {
        boolean mayBeTooEarly = refusal.status() == 404 || refusal.status() == 422;
        if (tooEarlySince == null) {
            tooEarlySince = parts.clock().instant();
        }
        Duration waited = Duration.between(tooEarlySince, parts.clock().instant());
        if (mayBeTooEarly && waited.compareTo(parts.settings().settlesWithin()) < 0) {
            return waiting("GitHub does not know the workflow yet, which was just written.", soon().pause());
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
            case 422 -> refusal.getMessage() + ". If the workflow is disabled, enable it at GitHub.";
            default -> refusal.getMessage();
        };
    }

    /** GitHub may have been asked. Its list of runs says so, sooner or later. */
    private Uni<Observed> search(Dispatch order) {
        searching = true;
        return runsOf(order).chain(runs -> {
            Optional<GitHubRun> first = Twins.eldest(order, runs);
            if (first.isPresent()) {
                return found(order, new Dispatched(first.get().id(), first.get().htmlUrl()));
            }
            if (order.intendedFor().compareTo(settles(order)) < 0) {
                return item(waiting("GitHub was asked to start the run, and does not show it yet.", soon().pause()));
            }
            if (order.cancelledFor() != null) {
                return item(ended(How.CANCELLED, null));
            }
            if (order.askings() >= MOST_ASKINGS) {
                return item(ended(
                        How.VANISHED,
                        "GitHub was asked " + order.askings()
                                + " times to start the run, and never showed it. See whether "
                                + api.address().fullName() + " has runs whose name has " + order.mark() + "."));
            }
            LOG.infof("GitHub was asked to start run %s, and did not: it is asked again", run.runId());
            return prepare(order);
        });
    }

    /** Longer each time, because what was slow twice may be slower still. */
    private Duration settles(Dispatch order) {
        return parts.settings().settlesWithin().multipliedBy(1L << Math.min(order.askings() - 1, MOST_ASKINGS));
    }

    /**
     * The latest runs of the plan's workflow. Where GitHub does not know that, those of the repository: it has none of the plan
     * only where it answers that, and not where these credentials do not reach it.
     */
    private Uni<List<GitHubRun>> runsOf(Dispatch order) {
        return api.runsOf(WorkflowOrder.fileNameOf(order.planId()))
                .onFailure(failure -> failure instanceof GitHubFault.Refused refused && refused.isUnknown())
                .recoverWithUni(() -> api.runs(Seen.<GitHubRun.Page>nothing()).map(Seen::value))
                .map(GitHubRun.Page::runs);
    }

    private Uni<Observed> found(Dispatch order, Dispatched made) {
        return parts.store().found(order, made.runId(), made.htmlUrl()).replaceWith(Observed::again);
    }

    private Uni<Observed> follow(Dispatch order) {
        return twins.settle(api, order)
                .chain(isOurs -> isOurs
                        ? follow(order.gitHubRun(), attemptOf(order), timeoutOf(order), order.cancelledFor())
                                .map(observed -> located(order, observed))
                        : item(Observed.again()));
    }

    private Observed located(Dispatch order, Observed observed) {
        if (order.gitHubRun().equals(locatedAs)) {
            return observed;
        }
        locatedAs = order.gitHubRun();
        return observed.after(List.of(new RunnerEvent.Located(order.reference(), order.url())));
    }

    /** The first, of everything that was dispatched; where GitHub ran it again since, that is not what was asked for. */
    private static int attemptOf(Dispatch order) {
        return GitHubReference.of(order.url()).map(GitHubReference::attempt).orElse(1);
    }

    private Uni<Observed> follow(long id, int attempt, Duration timeout, Duration cancelledFor) {
        if (followed == null || followed.id() != id) {
            followed = new FollowedRun(
                    parts.runs(),
                    parts.settings(),
                    parts.clock(),
                    id,
                    attempt,
                    timeout,
                    parts.publicUrl().value(),
                    fromByte);
        }
        return followed.look(api, parts.news().lastOf(Concern.run(run.orgId(), api.address(), id)), cancelledFor);
    }

    private Observed limited(GitHubFault.Limited limit) {
        // GitHub may know it the better afterwards.
        tooEarlySince = null;
        Duration remaining = Duration.between(parts.clock().instant(), limit.until());
        return waiting(limit.getMessage(), shorter(remaining.plusMillis(200), LONGEST_PAUSE));
    }

    private Observed again(String why) {
        failures++;
        Duration pause = parts.settings().pollEvery().multipliedBy(1L << Math.min(failures, 6));
        return waiting(why, shorter(pause, LONGEST_PAUSE));
    }

    private Observed refused(GitHubFault.Refused refusal) {
        String why = api == null ? refusal.getMessage() : explained(refusal);
        if (!mayBeThere) {
            return ended(How.UNPREPARED, why);
        }
        if (refusal.status() < 400 && followed != null) {
            moved = true;
        }
        return inDoubt(why);
    }

    /** GitHub may have it, and it goes on there. Credentials, rights and templates may be mended, at last by people. */
    private Observed inDoubt(String why) {
        if (refusedSince == null) {
            refusedSince = parts.clock().instant();
        }
        Duration since = Duration.between(refusedSince, parts.clock().instant());
        if (since.compareTo(parts.settings().timeout()) > 0) {
            return ended(How.VANISHED, "GitHub does not say what became of the run: " + why);
        }
        definedAt = System.nanoTime() - DEFINITION_KEPT.toNanos();
        return again(why);
    }

    private static Observed ended(How how, String why) {
        return Observed.ended(new RunnerEvent.Ended(how, null, why));
    }

    private static Observed waiting(String why, Duration pause) {
        return Observed.goesOn(List.of(new RunnerEvent.Waiting(why)), pause);
    }

    private Observed soon() {
        return Observed.goesOn(List.of(), shorter(parts.settings().pollEvery(), Duration.ofSeconds(2)));
    }

    private Duration slowly() {
        return shorter(parts.settings().pollEvery().multipliedBy(6), LONGEST_PAUSE);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
