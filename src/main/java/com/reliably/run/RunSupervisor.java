package com.reliably.run;

import com.reliably.deployment.DeploymentDefinition;
import com.reliably.runner.LaunchFailure;
import com.reliably.runner.LaunchRequest;
import com.reliably.runner.Runner;
import com.reliably.runner.RunnerEvent;
import com.reliably.runner.Runners;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.vertx.core.runtime.context.VertxContextSafetyToggle;
import io.smallrye.common.vertx.VertxContext;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jboss.logging.Logger;

/**
 * Takes up runs, starts them with the runner of their deployment, and follows them to their end.
 *
 * <p>What is in memory is only which runs are being followed. After a restart, or when following fails (the database
 * was away), the next tick begins again with what the database says.
 */
@ApplicationScoped
class RunSupervisor {

    private static final Logger LOG = Logger.getLogger(RunSupervisor.class);

    private final RunClaims claims;
    private final RunJournal journal;
    private final Runners runners;
    private final RunSettings settings;
    private final Vertx vertx;
    private final Set<UUID> followed = ConcurrentHashMap.newKeySet();
    private final Map<UUID, Boolean> cancelling = new ConcurrentHashMap<>();
    private volatile boolean stopping;

    RunSupervisor(RunClaims claims, RunJournal journal, Runners runners, RunSettings settings, Vertx vertx) {
        this.claims = claims;
        this.journal = journal;
        this.runners = runners;
        this.settings = settings;
        this.vertx = vertx;
    }

    /** Runs that go on are found again by the next server with this data directory. */
    void stop(@Observes ShutdownEvent event) {
        stopping = true;
    }

    @Scheduled(
            every = "${reliably.runs.tick:1s}",
            delayed = "1s",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
            identity = "runs")
    Uni<Void> tick() {
        if (stopping) {
            return Uni.createFrom().voidItem();
        }
        return claims.takeUp(settings.atOnce() - followed.size())
                .chain(() -> claims.takeOver(settings.atOnce() - followed.size()))
                .chain(claims::keep)
                .invoke(this::attendTo)
                .replaceWithVoid()
                .onFailure()
                .invoke(e -> LOG.warnf("Runs cannot be looked after right now: %s", e.toString()))
                .onFailure()
                .recoverWithNull();
    }

    private void attendTo(List<Run> runs) {
        for (Run run : runs) {
            if (followed.add(run.id)) {
                follow(run);
            } else if (run.cancelRequestedAt != null && run.externalReference != null) {
                cancel(run);
            }
        }
    }

    private void follow(Run run) {
        onContextOfItsOwn(() -> lifeOf(run)
                .subscribe()
                .with(
                        ignored -> {},
                        failure -> {
                            LOG.errorf(failure, "Run %s is not followed for a moment", run.id);
                            forget(run);
                        },
                        () -> forget(run)));
    }

    /** A database session hangs on the context it was opened on, so that each run has one of its own. */
    private void onContextOfItsOwn(Runnable work) {
        Context context = VertxContext.createNewDuplicatedContext(vertx.getOrCreateContext());
        VertxContextSafetyToggle.setContextSafe(context, true);
        context.runOnContext(ignored -> work.run());
    }

    private void forget(Run run) {
        followed.remove(run.id);
        cancelling.remove(run.id);
    }

    private Multi<Void> lifeOf(Run run) {
        if (run.externalReference != null) {
            return runners.thatKnows(run.externalReference)
                    .map(runner -> observe(run, runner, run.externalReference))
                    .orElseGet(
                            () -> failed(run, "This server has no runner any more for " + run.externalReference + "."));
        }
        return journal.definitionFor(run).onItem().transformToMulti(definition -> {
            if (definition == null) {
                return failed(run, "The plan or its deployment was deleted before the run began.");
            }
            return runners.of(definition)
                    .map(runner -> launch(run, runner, definition))
                    .orElseGet(() -> failed(
                            run,
                            "This server has no runner for deployments of the type '" + definition.typeName()
                                    + "' (yet)."));
        });
    }

    private Multi<Void> launch(Run run, Runner runner, DeploymentDefinition definition) {
        Context context = Vertx.currentContext();
        // A runner may ask for the token on any thread; sessions belong to the run's own context.
        LaunchRequest request =
                new LaunchRequest(run.orgId, run.planId, run.id, run.createdBy, definition, () -> Uni.createFrom()
                        .deferred(() -> journal.newToken(run))
                        .runSubscriptionOn(on(context)));
        return wasCancelled(run, runner)
                .emitOn(on(context))
                .onItem()
                .transformToMulti(cancelled -> cancelled
                        ? journal.cancelledBeforeLaunch(run).toMulti()
                        : runner.launch(request)
                                .emitOn(on(context))
                                .call(reference -> journal.launched(run, reference))
                                .onItem()
                                .transformToMulti(reference -> observe(run, runner, reference)))
                .onFailure(LaunchFailure.class)
                .recoverWithMulti(failure -> failed(run, failure.getMessage()));
    }

    /** Whether somebody asked for the end before anything was started. */
    private static Uni<Boolean> wasCancelled(Run run, Runner runner) {
        return run.cancelRequestedAt == null
                ? Uni.createFrom().item(false)
                : runner.find(run.id).map(Optional::isEmpty);
    }

    private static Executor on(Context context) {
        return task -> context.runOnContext(ignored -> task.run());
    }

    private Multi<Void> observe(Run run, Runner runner, String reference) {
        Context context = Vertx.currentContext();
        return runner.observe(run.id, reference, run.logRead)
                .emitOn(on(context))
                .onItem()
                .transformToUniAndConcatenate(event -> record(run, runner, reference, event));
    }

    private Uni<Void> record(Run run, Runner runner, String reference, RunnerEvent event) {
        Uni<Void> recorded = journal.record(run, event);
        if (!(event instanceof RunnerEvent.Ended ended)) {
            return recorded;
        }
        return recorded.invoke(() -> LOG.infof(
                        "Run %s of plan %s ended: %s, exit code %s", run.id, run.planId, ended.how(), ended.exitCode()))
                .chain(() -> runner.cleanUp(run.id, reference))
                .onFailure()
                .invoke(e -> LOG.warnf("What run %s left at its engine was not removed: %s", run.id, e.toString()));
    }

    private Multi<Void> failed(Run run, String why) {
        return journal.failedToLaunch(run, why).toMulti();
    }

    private void cancel(Run run) {
        if (cancelling.putIfAbsent(run.id, true) != null) {
            return;
        }
        runners.thatKnows(run.externalReference)
                .ifPresent(runner -> onContextOfItsOwn(() -> runner.cancel(run.id, run.externalReference)
                        .subscribe()
                        .with(ignored -> {}, failure -> {
                            LOG.errorf(failure, "Run %s could not be cancelled, it is tried again", run.id);
                            cancelling.remove(run.id);
                        })));
    }
}
