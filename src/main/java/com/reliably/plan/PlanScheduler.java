package com.reliably.plan;

import com.reliably.metric.Looks;
import com.reliably.metric.WatchedLook;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * Looks every second for plans that are due, and once more at the very moment when the next one is, where that comes
 * before the next look.
 */
@ApplicationScoped
class PlanScheduler {

    private static final Logger LOG = Logger.getLogger(PlanScheduler.class);

    /** What is fired in one transaction. */
    private static final int BATCH = 500;

    private static final Duration LOOK_WITHIN = Duration.ofSeconds(30);
    /** A little more than the time between two looks. */
    private static final Duration AHEAD = Duration.ofMillis(1200);

    private final PlanFires fires;
    private final WatchedLook looks;
    private final Vertx vertx;
    private final AtomicBoolean looking = new AtomicBoolean();
    private final AtomicBoolean alarmSet = new AtomicBoolean();
    private volatile boolean lookAgain;
    private volatile boolean stopping;
    private volatile boolean troubled;

    PlanScheduler(PlanFires fires, Looks looks, Vertx vertx) {
        this.fires = fires;
        this.looks = looks.atPlans();
        this.vertx = vertx;
    }

    /** What is due when the server stops is caught up with by the next one. */
    void stop(@Observes ShutdownEvent event) {
        stopping = true;
    }

    @Scheduled(
            every = "1s",
            delayed = "1s",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
            identity = "plans")
    Uni<Void> tick() {
        if (stopping) {
            return Uni.createFrom().voidItem();
        }
        if (!looking.compareAndSet(false, true)) {
            lookAgain = true;
            return Uni.createFrom().voidItem();
        }
        lookAgain = false;
        return looks.measured(fireAll()
                        .chain(() -> fires.untilNext(AHEAD))
                        .ifNoItem()
                        .after(LOOK_WITHIN)
                        .fail())
                .invoke(this::setAlarm)
                .invoke(this::noteRecovery)
                .replaceWithVoid()
                .onFailure()
                .invoke(this::noteTrouble)
                .onFailure()
                .recoverWithNull()
                .onTermination()
                .invoke(this::lookIsOver);
    }

    /** What came due in the midst of this look may have been missed by it. */
    private void lookIsOver() {
        looking.set(false);
        if (lookAgain && !troubled) {
            tick().subscribe().with(done -> {});
        }
    }

    private Uni<Void> fireAll() {
        return fires.fireDue(BATCH).chain(due -> due < BATCH ? Uni.createFrom().voidItem() : fireAll());
    }

    private void setAlarm(Optional<Duration> untilNext) {
        if (untilNext.isPresent() && alarmSet.compareAndSet(false, true)) {
            // Rounded up: a moment too early would find nothing.
            vertx.setTimer(Math.max(1, untilNext.get().toMillis() + 1), ignored -> {
                alarmSet.set(false);
                tick().subscribe().with(done -> {});
            });
        }
    }

    private void noteRecovery() {
        if (troubled) {
            troubled = false;
            LOG.info("Schedules are looked after again");
        }
    }

    private void noteTrouble(Throwable failure) {
        // The database goes while the last look may be under way.
        if (!troubled && !stopping) {
            troubled = true;
            LOG.warnf("Schedules cannot be looked after right now, it is tried again: %s", failure.toString());
        }
    }
}
