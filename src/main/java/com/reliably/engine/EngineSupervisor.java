package com.reliably.engine;

import com.reliably.log.LogIds;
import com.reliably.look.RepeatedLook;
import com.reliably.metric.Looks;
import com.reliably.run.EngineRuns;
import com.reliably.run.RunSettings;
import com.reliably.runner.EngineSchedule;
import com.reliably.runner.EngineSchedules;
import com.reliably.runner.LaunchFailure;
import com.reliably.runner.Runners;
import com.reliably.runner.ScheduleEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.vertx.core.runtime.context.VertxContextSafetyToggle;
import io.smallrye.common.vertx.VertxContext;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Brings what engines have in step with what plans say, and listens to what they tell.
 *
 * <p>What is in memory is only which schedules this server looks after, and the subscriptions to their engines. After a
 * restart, or on another server, the next look begins with what the database says.
 */
@ApplicationScoped
class EngineSupervisor {

    private static final Logger LOG = Logger.getLogger(EngineSupervisor.class);

    /** What is claimed in one transaction. */
    private static final int MOST_CLAIMED = 200;
    /** More at a time would only wait for each other. */
    private static final int AT_ONCE = 8;
    /** How often watching fails in a row before people are told. */
    private static final int FAILURES_TO_TELL = 3;

    private static final Duration DONE_WITHIN = Duration.ofMinutes(1);
    private static final Duration LOOK_WITHIN = Duration.ofSeconds(20);
    private static final Duration RELEASE_WITHIN = Duration.ofSeconds(3);
    /** How often it is looked whether runs have ended that have to, first. */
    private static final Duration WAIT_FOR_RUNS = Duration.ofSeconds(2);

    private final EngineClaims claims;
    private final EngineJournal journal;
    private final EngineRuns runs;
    private final Runners runners;
    private final RunSettings settings;
    private final EngineMetrics metrics;
    private final LogIds logIds;
    private final Vertx vertx;
    private final Map<UUID, Keeping> kept = new ConcurrentHashMap<>();
    private final RepeatedLook look;
    private long renewedAt = System.nanoTime() - Duration.ofDays(1).toNanos();

    EngineSupervisor(
            EngineClaims claims,
            EngineJournal journal,
            EngineRuns runs,
            Runners runners,
            RunSettings settings,
            EngineMetrics metrics,
            EngineWakeUp wakeUp,
            Looks looks,
            LogIds logIds,
            Vertx vertx) {
        this.claims = claims;
        this.journal = journal;
        this.runs = runs;
        this.runners = runners;
        this.settings = settings;
        this.metrics = metrics;
        this.logIds = logIds;
        this.vertx = vertx;
        this.look = new RepeatedLook(
                "Schedules at engines", LOG, looks.atSchedules(), LOOK_WITHIN, this::lookOnce, this::lookSoon);
        wakeUp.whenAsked(this::lookSoon);
    }

    /** What engines have goes on; another server looks after it. */
    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        look.stop();
        kept.values().forEach(Keeping::end);
        CountDownLatch released = new CountDownLatch(1);
        newContext()
                .runOnContext(ignored -> claims.release(busy()).subscribe().with(done -> released.countDown(), e -> {
                    LOG.infof(
                            "Schedules at engines are not handed over, their leases end by themselves: %s",
                            e.toString());
                    released.countDown();
                }));
        // The database goes when this method returns.
        released.await(RELEASE_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
    }

    private Set<UUID> busy() {
        return kept.values().stream()
                .filter(Keeping::isBusy)
                .map(keeping -> keeping.schedule().id())
                .collect(Collectors.toSet());
    }

    @Scheduled(
            every = "1s",
            delayed = "1s",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
            identity = "engine-schedules")
    Uni<Void> tick() {
        return look.now();
    }

    private void lookSoon() {
        newContext().runOnContext(ignored -> look.now().subscribe().with(done -> {}));
    }

    private Uni<Void> lookOnce() {
        return claim().chain(this::keep).chain(this::attendToDue);
    }

    private Uni<Void> claim() {
        return claims.claim(MOST_CLAIMED).chain(claimed -> {
            claimed.forEach(this::takeUp);
            return claimed.size() < MOST_CLAIMED ? Uni.createFrom().voidItem() : claim();
        });
    }

    /** Sees to it, now and then, that this server looks after what it has, and nothing else. */
    private Uni<Void> keep() {
        if (System.nanoTime() - renewedAt < settings.lease().dividedBy(3).toNanos()) {
            return Uni.createFrom().voidItem();
        }
        return claims.keep()
                .invoke(owned -> {
                    renewedAt = System.nanoTime();
                    attendTo(owned);
                })
                .replaceWithVoid();
    }

    private void attendTo(List<OwnedSchedule> owned) {
        Map<UUID, OwnedSchedule> byId = owned.stream().collect(Collectors.toMap(OwnedSchedule::id, one -> one));
        for (Keeping keeping : kept.values()) {
            OwnedSchedule known = byId.get(keeping.schedule().id());
            if (known == null || !keeping.isOf(known)) {
                leave(keeping);
            }
        }
        owned.forEach(this::takeUp);
    }

    private Uni<Void> attendToDue() {
        Set<UUID> busy = busy();
        int room = AT_ONCE - busy.size();
        return room <= 0
                ? Uni.createFrom().voidItem()
                : claims.due(busy, room)
                        .invoke(due -> due.forEach(schedule -> work(takeUp(schedule))))
                        .replaceWithVoid();
    }

    /** From now on this server looks after a schedule, if it does not already. */
    private Keeping takeUp(OwnedSchedule schedule) {
        Keeping before = kept.get(schedule.id());
        if (before != null && before.isOf(schedule)) {
            return before;
        }
        if (before != null) {
            leave(before);
        }
        Keeping keeping = new Keeping(schedule, contextFor(schedule));
        kept.put(schedule.id(), keeping);
        listen(keeping);
        return keeping;
    }

    private void leave(Keeping keeping) {
        kept.remove(keeping.schedule().id(), keeping);
        keeping.end();
    }

    /**
     * A context of its own, whose lines in the log say which plan they are about. A database session hangs on the context that
     * it was opened on: whatever may go on at the same time as something else has another one.
     */
    private Executor contextFor(OwnedSchedule schedule) {
        Context context = newContext();
        Executor executor = task -> context.runOnContext(ignored -> task.run());
        executor.execute(() -> logIds.begin(schedule.orgId(), schedule.planId()));
        return executor;
    }

    private Context newContext() {
        Context context = VertxContext.createNewDuplicatedContext(vertx.getOrCreateContext());
        VertxContextSafetyToggle.setContextSafe(context, true);
        return context;
    }

    // What is done at engines

    private void work(Keeping keeping) {
        if (!keeping.begin()) {
            return;
        }
        keeping.working().execute(() -> journal.load(keeping.schedule())
                .chain(schedule -> {
                    if (schedule == null) {
                        leave(keeping);
                        return Uni.createFrom().voidItem();
                    }
                    return bringInStep(keeping, schedule);
                })
                .onTermination()
                .invoke(keeping::done)
                .subscribe()
                .with(done -> {}, failure -> failed(keeping, failure)));
    }

    private void failed(Keeping keeping, Throwable failure) {
        if (failure instanceof NoLongerOurs) {
            LOG.infof(
                    "The schedule of plan %s is not this server's any more",
                    keeping.schedule().planId());
            leave(keeping);
        } else {
            LOG.warnf(
                    "The schedule of plan %s is not looked after for a moment: %s",
                    keeping.schedule().planId(), failure.toString());
            LOG.debug("The cause:", failure);
        }
    }

    private Uni<Void> bringInStep(Keeping keeping, KeptSchedule schedule) {
        return (schedule.desired() == Desired.REMOVED ? remove(keeping, schedule) : install(keeping, schedule))
                .ifNoItem()
                .after(DONE_WITHIN)
                .fail()
                .emitOn(keeping.working())
                .onFailure(NoLongerOurs.class)
                .call(() -> journal.again(schedule.id()))
                .onFailure(failure -> !(failure instanceof NoLongerOurs))
                .recoverWithUni(failure -> note(schedule, failure));
    }

    private Uni<Void> note(KeptSchedule schedule, Throwable failure) {
        boolean refused = failure instanceof LaunchFailure;
        metrics.failed(schedule.type(), refused);
        LOG.warnf(
                "The schedule of plan %s cannot be %s at its engine, it is tried again: %s",
                schedule.planId(), schedule.desired(), failure.toString());
        LOG.debug("The cause:", failure);
        return journal.failed(schedule, refused, refused ? failure.getMessage() : unreachable(failure));
    }

    private static String unreachable(Throwable failure) {
        if (failure instanceof TimeoutException) {
            return "The engine does not answer; it is tried again.";
        }
        return "The engine has not done it yet, and is asked again: "
                + (failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage());
    }

    private EngineSchedules engineOf(KeptSchedule schedule) {
        return runners.schedulesOf(schedule.type())
                .orElseThrow(() -> new LaunchFailure("This server has no runner that keeps schedules of deployments of"
                        + " the type '" + schedule.type() + "' (yet)."));
    }

    private Uni<EngineJournal.Telling> telling(Keeping keeping, KeptSchedule schedule) {
        // A runner may ask for something on any thread, and while something else is done.
        return journal.telling(schedule, new EngineJournal.OnContext() {
            @Override
            public <T> Uni<T> run(Supplier<Uni<T>> work) {
                return Uni.createFrom().<T>deferred(work::get).runSubscriptionOn(contextFor(keeping.schedule()));
            }
        });
    }

    private Uni<Void> install(Keeping keeping, KeptSchedule schedule) {
        if (schedule.removedElsewhere()) {
            return journal.waits(
                    schedule,
                    "The schedule is still at the deployment that the plan had before; it is removed there first.",
                    WAIT_FOR_RUNS);
        }
        EngineSchedules engine = engineOf(schedule);
        return telling(keeping, schedule)
                .chain(telling -> leavePlace(engine, telling)
                        .chain(() -> engine.install(telling.now()))
                        .emitOn(keeping.working())
                        .chain(reference -> journal.applied(schedule, telling, reference)))
                .invoke(() -> LOG.infof(
                        "The schedule of plan %s is %s at its engine",
                        schedule.planId(), schedule.isToRest() ? "suspended" : "installed"))
                .invoke(() -> listenAgain(keeping));
    }

    /** Where the deployment says another place now than the schedule was installed at, it is removed there first. */
    private static Uni<Void> leavePlace(EngineSchedules engine, EngineJournal.Telling telling) {
        EngineSchedule before = telling.before();
        boolean sameplace = before == null
                || engine.place(before.definition())
                        .equals(engine.place(telling.now().definition()));
        return sameplace ? Uni.createFrom().voidItem() : engine.remove(before);
    }

    private Uni<Void> remove(Keeping keeping, KeptSchedule schedule) {
        if (!schedule.isInstalled() && runners.schedulesOf(schedule.type()).isEmpty()) {
            return journal.removed(schedule).invoke(() -> leave(keeping));
        }
        EngineSchedules engine = engineOf(schedule);
        if (schedule.activeRuns() == 0) {
            return telling(keeping, schedule)
                    .chain(telling -> engine.remove(telling.before() == null ? telling.now() : telling.before()))
                    .emitOn(keeping.working())
                    .chain(() -> journal.removed(schedule))
                    .invoke(() -> LOG.infof("The schedule of plan %s is removed from its engine", schedule.planId()))
                    .invoke(() -> leave(keeping))
                    .invoke(this::lookSoon);
        }
        return (schedule.planDeleted()
                        ? journal.cancelRuns(schedule)
                        : Uni.createFrom().voidItem())
                .invoke(runs::look)
                .chain(() -> rest(keeping, schedule, engine))
                .chain(() -> journal.waits(
                        schedule, "The schedule is removed when what it has started is over.", WAIT_FOR_RUNS));
    }

    /** Has a schedule start nothing more that is to be removed when its runs have ended. */
    private Uni<Void> rest(Keeping keeping, KeptSchedule schedule, EngineSchedules engine) {
        if (!schedule.isInstalled() || schedule.appliedSuspended()) {
            return Uni.createFrom().voidItem();
        }
        return telling(keeping, schedule)
                .chain(telling -> engine.install(telling.before())
                        .emitOn(keeping.working())
                        .chain(reference -> journal.rests(schedule, telling, reference)))
                // It is removed all the same.
                .onFailure(LaunchFailure.class)
                .recoverWithNull();
    }

    // What engines tell

    private void listenAgain(Keeping keeping) {
        keeping.watchedBy(null);
        listen(keeping);
    }

    private void listen(Keeping keeping) {
        // What the one before has told may still be written down.
        Executor watching = contextFor(keeping.schedule());
        watching.execute(() -> {
            if (keeping.isOver() || keeping.isWatched() || look.isStopped()) {
                return;
            }
            journal.load(keeping.schedule())
                    .chain(schedule -> schedule == null || !schedule.isInstalled()
                            ? Uni.createFrom().nullItem()
                            : telling(keeping, schedule)
                                    .map(EngineJournal.Telling::before)
                                    .invoke(telling -> watch(keeping, engineOf(schedule), telling, watching)))
                    .subscribe()
                    .with(done -> {}, failure -> listenLater(keeping, failure));
        });
    }

    private void watch(Keeping keeping, EngineSchedules engine, EngineSchedule schedule, Executor watching) {
        keeping.watchedBy(engine.watch(schedule)
                .emitOn(watching)
                .onItem()
                .transformToUniAndConcatenate(event -> take(keeping, event).invoke(keeping::heard))
                .subscribe()
                .with(
                        taken -> {},
                        failure -> listenLater(keeping, failure),
                        () -> listenLater(keeping, new IllegalStateException("The engine tells nothing more"))));
    }

    private Uni<Void> take(Keeping keeping, ScheduleEvent event) {
        OwnedSchedule schedule = keeping.schedule();
        if (event instanceof ScheduleEvent.Started started) {
            return runs.started(
                            schedule.orgId(),
                            schedule.planId(),
                            schedule.deploymentId(),
                            started.reference(),
                            started.nominalTime(),
                            started.url())
                    .invoke(fresh -> {
                        if (fresh) {
                            LOG.infof(
                                    "The engine has started a run of plan %s (%s)",
                                    schedule.planId(), started.reference());
                            runs.look();
                        }
                    })
                    .replaceWithVoid();
        }
        if (event instanceof ScheduleEvent.Trouble trouble) {
            metrics.troubled();
            return journal.troubled(schedule, trouble.what());
        }
        return journal.sound(schedule);
    }

    /** Tells people where it goes on, and subscribes again after a while. */
    private void listenLater(Keeping keeping, Throwable failure) {
        keeping.watchedBy(null);
        if (failure instanceof NoLongerOurs || keeping.isOver() || look.isStopped()) {
            return;
        }
        Duration wait = keeping.failed();
        LOG.infof(
                "What the engine tells of plan %s is not heard for %d s: %s",
                keeping.schedule().planId(), wait.toSeconds(), failure.toString());
        LOG.debug("The cause:", failure);
        if (keeping.failures() == FAILURES_TO_TELL) {
            contextFor(keeping.schedule()).execute(() -> journal.troubled(
                            keeping.schedule(),
                            "What the engine starts is not seen for now, and is looked at again: "
                                    + failure.getMessage())
                    .subscribe()
                    .with(done -> {}, e -> LOG.debugf("Not told: %s", e.toString())));
        }
        vertx.setTimer(wait.toMillis(), ignored -> listen(keeping));
    }
}
