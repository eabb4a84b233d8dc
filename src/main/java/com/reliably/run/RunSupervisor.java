package com.reliably.run;

import com.reliably.log.LogIds;
import com.reliably.look.RepeatedLook;
import com.reliably.metric.Looks;
import com.reliably.organization.OrganizationCount;
import com.reliably.runner.LaunchFailure;
import com.reliably.runner.LaunchRequest;
import com.reliably.runner.Launched;
import com.reliably.runner.RunAtEngine;
import com.reliably.runner.Runner;
import com.reliably.runner.RunnerEvent;
import com.reliably.runner.Runners;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.vertx.core.runtime.context.VertxContextSafetyToggle;
import io.smallrye.common.vertx.VertxContext;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Takes up runs, starts them with the runner of their deployment, and follows them to their end.
 *
 * <p>What is in memory is only which runs are being followed. After a restart, or when following fails (the database
 * was away), the next look begins again with what the database says.
 */
@ApplicationScoped
class RunSupervisor {

    private static final Logger LOG = Logger.getLogger(RunSupervisor.class);

    /** What is taken up in one transaction. */
    private static final int MOST_AT_ONCE = 200;
    /** Runs that no runner is for only have to be told so. */
    private static final int MOST_WITHOUT_RUNNER = 50;
    /** Of all organisations, as {@link LaunchQueue} shares them. */
    private static final int LAUNCHES_AT_ONCE = 16;

    /** How long runs that are over with their launch are carried out before others are looked at. */
    private static final Duration CARRY_OUT_FOR = Duration.ofMillis(500);

    /** After which time it is looked again for the last report of a client that has ended. */
    private static final Duration LAST_REPORT_AFTER = Duration.ofSeconds(1);

    private static final Duration LAUNCH_WITHIN = Duration.ofMinutes(2);
    private static final Duration LOOK_WITHIN = Duration.ofSeconds(20);
    private static final Duration RELEASE_WITHIN = Duration.ofSeconds(3);

    private final RunClaims claims;
    private final RunJournal journal;
    private final Runners runners;
    private final RunSettings settings;
    private final RunListeners listeners;
    private final OrganizationCount organizations;
    private final LogIds logIds;
    private final Vertx vertx;
    private final Map<UUID, Following> followed = new ConcurrentHashMap<>();
    private final Setbacks setbacks = new Setbacks();
    private final LaunchQueue toLaunch = new LaunchQueue(LAUNCHES_AT_ONCE, this::isShared, this::launchOnItsContext);
    private final RepeatedLook look;
    /** A look at other servers' runs too was asked for, and has not begun. */
    private volatile boolean wholeDue;

    private volatile boolean moreWaiting;
    private long renewedAt = System.nanoTime() - Duration.ofDays(1).toNanos();
    private long lookedAt = System.nanoTime();
    /** When it looked for the first time after having stood still. */
    private long backAt = lookedAt;

    RunSupervisor(
            RunClaims claims,
            RunJournal journal,
            Runners runners,
            RunSettings settings,
            RunWakeUp wakeUp,
            RunListeners listeners,
            Looks looks,
            OrganizationCount organizations,
            LogIds logIds,
            Vertx vertx) {
        this.claims = claims;
        this.journal = journal;
        this.runners = runners;
        this.settings = settings;
        this.listeners = listeners;
        this.organizations = organizations;
        this.logIds = logIds;
        this.vertx = vertx;
        this.look = new RepeatedLook("Runs", LOG, looks.atRuns(), LOOK_WITHIN, this::lookOnce, this::lookSoon);
        wakeUp.whenAsked(this::lookSoon);
    }

    /**
     * What only this server can follow goes on, and is found again by the next server with this data directory.
     * Everything else is handed over.
     */
    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        look.stop();
        CountDownLatch released = new CountDownLatch(1);
        onContextOfItsOwn(context -> claims.release(typesBoundToServer())
                .subscribe()
                .with(ignored -> released.countDown(), failure -> {
                    LOG.infof("Runs are not handed over, their leases end by themselves: %s", failure.toString());
                    released.countDown();
                }));
        // The database goes when this method returns.
        released.await(RELEASE_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
    }

    private Set<String> typesBoundToServer() {
        return runners.all().stream()
                .filter(Runner::isBoundToServer)
                .flatMap(runner -> runner.types().stream())
                .collect(Collectors.toSet());
    }

    @Scheduled(
            every = "${reliably.runs.tick:1s}",
            delayed = "1s",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
            identity = "runs")
    Uni<Void> tick() {
        wholeDue = true;
        return look.now();
    }

    private void lookSoon() {
        onContextOfItsOwn(context -> look.now().subscribe().with(ignored -> {}));
    }

    private Uni<Void> lookOnce() {
        boolean withOthers = wholeDue;
        wholeDue = false;
        noteStandstill();
        return organizations
                .isSeveral()
                .chain(() -> takeUp())
                .chain(() -> withOthers ? takeOver() : Uni.createFrom().voidItem())
                .chain(this::attendToOwned);
    }

    /** Where this server has not looked for as long as a lease lasts, its whole machine may have stood still. */
    private void noteStandstill() {
        long now = System.nanoTime();
        if (now - lookedAt > settings.lease().toNanos()) {
            backAt = now;
        }
        lookedAt = now;
    }

    /** There is more than one organisation: what one of them has must not be all. */
    private boolean isShared() {
        return organizations.wasSeveral();
    }

    private Uni<Void> takeUp() {
        moreWaiting = false;
        Set<String> known =
                runners.all().stream().flatMap(r -> r.types().stream()).collect(Collectors.toSet());
        Uni<Void> others = claims.takeUpOthers(known, MOST_WITHOUT_RUNNER)
                .invoke(taken -> follow(taken, Following.How.TAKEN_UP))
                .replaceWithVoid();
        Uni<Void> all = others;
        for (Runner runner : runners.all()) {
            all = all.chain(() -> takeUp(runner));
        }
        return all;
    }

    private Uni<Void> takeUp(Runner runner) {
        if (runner.endOfAll().isPresent()) {
            return carryOutAll(runner, runner.endOfAll().get());
        }
        return takeUp(runner, roomOf(runner));
    }

    private Uni<Void> takeUp(Runner runner, Room room) {
        int most = Math.min(MOST_AT_ONCE, room.next());
        Set<UUID> served = room.served();
        moreWaiting |= most <= 0 || !served.isEmpty();
        if (most <= 0) {
            return Uni.createFrom().voidItem();
        }
        return claims.takeUp(runner.types(), served, room.byOrganization(), most)
                .invoke(room::take)
                .invoke(taken -> follow(taken, Following.How.TAKEN_UP))
                // Fewer than were asked for may come of a backlog: what waits in line is only the first of each plan.
                .chain(taken -> taken.isEmpty() ? Uni.createFrom().voidItem() : takeUp(runner, room));
    }

    Room roomOf(Runner runner) {
        Map<UUID, Integer> byOrganization = followed.values().stream()
                .map(Following::run)
                .filter(run -> runner.types().contains(run.deploymentType))
                .collect(Collectors.toMap(run -> run.orgId, run -> 1, Integer::sum));
        return new Room(isShared() || runner.mayWaitForHours(), byOrganization, room(runner));
    }

    /** What is over with its launch is not followed: it is taken up and ended many at a time. */
    private Uni<Void> carryOutAll(Runner runner, RunnerEvent.Ended end) {
        return carryOutAll(runner, end, System.nanoTime());
    }

    /** Not for long at a time: the other runners' runs wait meanwhile. */
    private Uni<Void> carryOutAll(Runner runner, RunnerEvent.Ended end, long since) {
        if (System.nanoTime() - since > CARRY_OUT_FOR.toNanos()) {
            lookSoon();
            return Uni.createFrom().voidItem();
        }
        return claims.takeUp(runner.types(), Set.of(), Map.of(), MOST_AT_ONCE).chain(taken -> {
            if (taken.isEmpty()) {
                return Uni.createFrom().voidItem();
            }
            List<Following> following = taken.stream()
                    .map(run -> new Following(run, Following.How.TAKEN_UP, timeOf(run), null))
                    .toList();
            following.forEach(listeners::followed);
            return journal.endAll(taken, end)
                    .invoke(changes -> following.forEach(one -> ended(one, end, changes.get(one.id()))))
                    // They are found again, one by one, among what this server has.
                    .onFailure()
                    .invoke(failure -> following.forEach(one -> listeners.left(one, failure)))
                    .chain(() -> carryOutAll(runner, end, since));
        });
    }

    /** Where nothing changed, the run was somebody else's by then, or is to be cancelled. */
    private void ended(Following following, RunnerEvent.Ended end, RunChange change) {
        if (change != null) {
            listeners.ending(following, end);
            listeners.launched(following);
            listeners.changed(following, change);
        }
        listeners.left(following, null);
    }

    private int room(Runner runner) {
        long has = followed.values().stream()
                .filter(following -> runner.types().contains(following.run().deploymentType))
                .count();
        return runner.atOnce() - (int) has - setbacks.leftAlone(runner.types());
    }

    /**
     * Only after having looked at the database for as long as a lease lasts: when that comes back after a while, or this
     * server does, all leases have ended, and those who are there get the time to renew theirs.
     */
    private Uni<Void> takeOver() {
        // It may also have stood still since this look began.
        noteStandstill();
        Duration sinceBack = Duration.ofNanos(System.nanoTime() - backAt);
        if (look.soundFor().compareTo(settings.lease()) < 0 || sinceBack.compareTo(settings.lease()) < 0) {
            return Uni.createFrom().voidItem();
        }
        return claims.takeOver(withoutRoomToBeginAnew(), MOST_AT_ONCE)
                .invoke(taken -> follow(taken, Following.How.TAKEN_OVER))
                .replaceWithVoid();
    }

    /**
     * What is bound to the server that began it can't be found by this one, which would begin it anew: for that there must
     * be room, as for what waits. What is at an engine is found there, and only followed.
     */
    private Set<String> withoutRoomToBeginAnew() {
        return runners.all().stream()
                .filter(runner -> runner.isBoundToServer() && room(runner) <= 0)
                .flatMap(runner -> runner.types().stream())
                .collect(Collectors.toSet());
    }

    /** Sees to it that what this server has is followed, and nothing else, and that what is to be cancelled is. */
    private Uni<Void> attendToOwned() {
        boolean renew =
                System.nanoTime() - renewedAt > settings.lease().dividedBy(3).toNanos();
        return (renew ? claims.keep() : claims.owned())
                .invoke(() -> {
                    if (renew) {
                        renewedAt = System.nanoTime();
                    }
                })
                .chain(this::attendTo);
    }

    private Uni<Void> attendTo(List<OwnedRun> owned) {
        Map<UUID, OwnedRun> byId = owned.stream().collect(Collectors.toMap(OwnedRun::id, run -> run));
        for (Following following : followed.values()) {
            OwnedRun known = byId.get(following.id());
            if (known == null || !following.isOf(known)) {
                following.stop();
            } else if (known.cancelRequested() && following.mayBeCancelled()) {
                cancel(following);
            }
        }
        setbacks.forgetAllBut(byId.keySet());
        Set<UUID> unattended = byId.keySet().stream()
                .filter(id -> !followed.containsKey(id) && !setbacks.isLeftAlone(id))
                .collect(Collectors.toSet());
        return unattended.isEmpty()
                ? Uni.createFrom().voidItem()
                : claims.load(unattended)
                        .invoke(found -> follow(found, Following.How.FOUND_AGAIN))
                        .replaceWithVoid();
    }

    private void follow(List<Run> runs, Following.How how) {
        for (Run run : runs) {
            DatabaseTime time = timeOf(run);
            onContextOfItsOwn(context -> {
                logIds.begin(run.orgId, run.planId, run.id);
                Following following = new Following(run, how, time, context);
                if (followed.putIfAbsent(run.id, following) == null) {
                    if (how == Following.How.TAKEN_OVER) {
                        LOG.infof(
                                "Run %s is taken over from a server that is gone, in attempt %d", run.id, run.attempt);
                    }
                    listeners.followed(following);
                    begin(following);
                }
            });
        }
    }

    /** What took it just now set its lease, by the database's clock. */
    private DatabaseTime timeOf(Run run) {
        return new DatabaseTime(run.leaseUntil.minus(settings.lease()));
    }

    private void begin(Following following) {
        Run run = following.run();
        if (run.state() == RunState.RUNNING) {
            runners.thatKnows(run.externalReference)
                    .ifPresentOrElse(
                            runner -> observe(following, runner, run.externalReference, run.logRead),
                            () -> giveUp(following));
            return;
        }
        toLaunch.add(following);
    }

    private void giveUp(Following following) {
        finish(
                following,
                journal.record(
                                following.run(),
                                following.output(),
                                new RunnerEvent.Ended(
                                        RunnerEvent.How.VANISHED,
                                        null,
                                        "This server has no runner any more for " + following.run().externalReference
                                                + "."))
                        .invoke(change -> listeners.changed(following, change))
                        .replaceWithVoid());
    }

    private void finish(Following following, Uni<Void> lastWork) {
        lastWork.subscribe().with(ignored -> forget(following), failure -> lose(following, failure));
    }

    /** A database session hangs on the context it was opened on, so that each run has one of its own. */
    private void onContextOfItsOwn(Consumer<Context> work) {
        Context context = VertxContext.createNewDuplicatedContext(vertx.getOrCreateContext());
        VertxContextSafetyToggle.setContextSafe(context, true);
        context.runOnContext(ignored -> work.accept(context));
    }

    private void forget(Following following) {
        leave(following, null);
        if (moreWaiting) {
            lookSoon();
        }
    }

    /** It is followed again from the next look on, if it is still ours; where it fails again and again, ever later. */
    private void lose(Following following, Throwable failure) {
        if (failure instanceof NoLongerOurs) {
            leave(following, failure);
            setbacks.forget(following.id());
            LOG.infof("Run %s is not this server's any more", following.id());
        } else {
            Duration pause = setbacks.happened(following.run());
            leave(following, failure);
            LOG.warnf(
                    "Run %s is not followed for %s: %s",
                    following.id(), pause.isZero() ? "a moment" : pause.toSeconds() + " seconds", failure.toString());
            LOG.debug("The cause:", failure);
        }
    }

    private void leave(Following following, Throwable failure) {
        if (followed.remove(following.id(), following)) {
            listeners.left(following, failure);
        }
    }

    /** Completes when the launch has, one way or the other; never fails. */
    private Uni<Void> launchOnItsContext(Following following) {
        return Uni.createFrom().emitter(done -> following.executor().execute(() -> launch(following)
                .ifNoItem()
                .after(LAUNCH_WITHIN)
                .fail()
                .subscribe()
                .with(ignored -> done.complete(null), failure -> {
                    lose(following, failure);
                    done.complete(null);
                })));
    }

    private Uni<Void> launch(Following following) {
        Run run = following.run();
        return journal.launchable(run)
                .chain(launchable -> {
                    if (launchable == null) {
                        return Uni.createFrom()
                                .failure(new LaunchFailure(
                                        "The plan or its deployment was deleted before the run" + " began."));
                    }
                    Runner runner = runners.of(launchable.definition())
                            .orElseThrow(() -> new LaunchFailure("This server has no runner for deployments of the type"
                                    + " '" + launchable.definition().typeName() + "' (yet)."));
                    return launch(following, runner, launchable);
                })
                .onFailure(LaunchFailure.class)
                .recoverWithUni(failure -> journal.launchFailed(run, failure.getMessage())
                        .chain(change -> changedLast(following, change)));
    }

    /** The change after which there is nothing more to follow. */
    private Uni<Void> changedLast(Following following, RunChange change) {
        listeners.changed(following, change);
        forget(following);
        return Uni.createFrom().voidItem();
    }

    private Uni<Void> launch(Following following, Runner runner, RunJournal.Launchable launchable) {
        Run run = following.run();
        LaunchRequest request = new LaunchRequest(
                run.orgId,
                run.planId,
                run.id,
                run.attempt,
                run.launchFailures,
                run.createdBy,
                launchable.definition(),
                launchable.timeout(),
                launchable.providerEnvironment(),
                launchable.overlap(),
                () -> onContextFor(run, () -> journal.secretFiles(run)),
                atLeast -> onContextFor(run, () -> journal.newToken(run, atLeast)));
        return wasCancelled(run, runner, request)
                .emitOn(following.executor())
                .chain(cancelled -> cancelled
                        ? journal.cancelledBeforeLaunch(run).chain(change -> changedLast(following, change))
                        : runner.launch(request)
                                .emitOn(following.executor())
                                .chain(launched -> launched(following, runner, launched)));
    }

    /**
     * A runner may ask for something on any thread, and while something that it has told is being written down: a database
     * session hangs on the context that it was opened on, and two on one break both.
     */
    private <T> Uni<T> onContextFor(Run run, Supplier<Uni<T>> work) {
        return Uni.createFrom()
                .<T>deferred(work::get)
                .runSubscriptionOn(task -> onContextOfItsOwn(context -> {
                    logIds.begin(run.orgId, run.planId, run.id);
                    task.run();
                }));
    }

    /** Whether somebody asked for the end before anything was started. */
    private static Uni<Boolean> wasCancelled(Run run, Runner runner, LaunchRequest request) {
        return run.cancelRequestedAt == null
                ? Uni.createFrom().item(false)
                : runner.find(request.atEngine()).map(Optional::isEmpty);
    }

    private Uni<Void> launched(Following following, Runner runner, Launched launched) {
        if (launched.end() != null) {
            listeners.ending(following, launched.end());
            return journal.launchedAndEnded(following.run(), launched)
                    .invoke(() -> listeners.launched(following))
                    .chain(change -> changedLast(following, change));
        }
        return journal.launched(following.run(), launched)
                .invoke(() -> listeners.launched(following))
                .invoke(fromByte -> observe(following, runner, launched.reference(), fromByte))
                .replaceWithVoid();
    }

    private void observe(Following following, Runner runner, String reference, long fromByte) {
        RunAtEngine run = atEngine(following, reference);
        following.knownTo(runner, run);
        following.observedBy(runner.observe(run, fromByte)
                .emitOn(following.executor())
                .onItem()
                .transformToUniAndConcatenate(event -> take(following, event))
                .onCancellation()
                .invoke(() -> forget(following))
                .subscribe()
                .with(ignored -> {}, failure -> lose(following, failure), () -> forget(following)));
    }

    private RunAtEngine atEngine(Following following, String reference) {
        Run run = following.run();
        return new RunAtEngine(
                run.orgId,
                run.planId,
                run.id,
                run.attempt,
                run.launchFailures,
                reference,
                () -> onContextFor(run, () -> journal.definition(run)),
                atLeast -> onContextFor(run, () -> journal.newPlanToken(run, atLeast)));
    }

    private Uni<Void> take(Following following, RunnerEvent event) {
        if (event instanceof RunnerEvent.Ready) {
            return begin(following, following.runner());
        }
        if (event instanceof RunnerEvent.Ended ended) {
            return end(following, ended);
        }
        return journal.record(following.run(), following.output(), event)
                .invoke(change -> listeners.changed(following, change))
                .replaceWithVoid();
    }

    private Uni<Void> begin(Following following, Runner runner) {
        return journal.begin(following.run())
                .invoke(granted -> {
                    if (granted) {
                        listeners.running(following);
                    }
                })
                .chain(granted -> granted ? runner.permit(following.atEngine()) : runner.cancel(following.atEngine()));
    }

    private Uni<Void> end(Following following, RunnerEvent.Ended ended) {
        following.end();
        listeners.ending(following, ended);
        Run run = following.run();
        return lastReport(following, ended, System.nanoTime())
                .chain(() -> journal.record(run, following.output(), ended))
                .invoke(change -> listeners.changed(following, change))
                .invoke(() -> LOG.infof(
                        "Run %s of plan %s ended: %s, exit code %s", run.id, run.planId, ended.how(), ended.exitCode()))
                .chain(() -> cleanUp(following));
    }

    /** Completes when the client's last report is there, as far as it can be told, or was waited for long enough. */
    private Uni<Void> lastReport(Following following, RunnerEvent.Ended ended, long since) {
        return journal.lacksLastReport(following.run(), ended)
                .chain(lacks -> !lacks
                                || System.nanoTime() - since
                                        > settings.lastReportTimeout().toNanos()
                        ? Uni.createFrom().voidItem()
                        : Uni.createFrom()
                                .voidItem()
                                .onItem()
                                .delayIt()
                                .by(LAST_REPORT_AFTER)
                                .emitOn(following.executor())
                                .chain(() -> lastReport(following, ended, since)));
    }

    private Uni<Void> cleanUp(Following following) {
        return following
                .runner()
                .cleanUp(following.atEngine())
                .onFailure()
                .invoke(e ->
                        LOG.warnf("What run %s left at its engine is removed later: %s", following.id(), e.toString()))
                .onFailure()
                .recoverWithNull();
    }

    private void cancel(Following following) {
        following.executor().execute(() -> following
                .runner()
                .cancel(following.atEngine())
                .subscribe()
                .with(ignored -> LOG.infof("Run %s was told to end", following.id()), failure -> {
                    LOG.warnf("Run %s could not be cancelled, it is tried again: %s", following.id(), failure);
                    following.tryCancelAgain();
                }));
    }
}
