package com.reliably.plan;

import com.reliably.look.RepeatedLook;
import com.reliably.metric.Looks;
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
    private final Vertx vertx;
    private final RepeatedLook look;
    private final AtomicBoolean alarmSet = new AtomicBoolean();

    PlanScheduler(PlanFires fires, Looks looks, Vertx vertx) {
        this.fires = fires;
        this.vertx = vertx;
        this.look = new RepeatedLook("Schedules", LOG, looks.atPlans(), LOOK_WITHIN, this::lookOnce, this::lookNow);
    }

    /** What is due when the server stops is caught up with by the next one. */
    void stop(@Observes ShutdownEvent event) {
        look.stop();
    }

    @Scheduled(
            every = "1s",
            delayed = "1s",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
            identity = "plans")
    Uni<Void> tick() {
        return look.now();
    }

    private void lookNow() {
        look.now().subscribe().with(done -> {});
    }

    private Uni<Void> lookOnce() {
        return fireAll()
                .chain(() -> fires.untilNext(AHEAD))
                .invoke(this::setAlarm)
                .replaceWithVoid();
    }

    private Uni<Void> fireAll() {
        return fires.fireDue(BATCH).chain(due -> due < BATCH ? Uni.createFrom().voidItem() : fireAll());
    }

    private void setAlarm(Optional<Duration> untilNext) {
        if (untilNext.isPresent() && alarmSet.compareAndSet(false, true)) {
            // Rounded up: a moment too early would find nothing.
            vertx.setTimer(Math.max(1, untilNext.get().toMillis() + 1), ignored -> {
                alarmSet.set(false);
                lookNow();
            });
        }
    }
}
