package com.reliably.plan;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Instant;
import org.jboss.logging.Logger;

/** Looks every second for plans that are due. */
@ApplicationScoped
class PlanScheduler {

    private static final Logger LOG = Logger.getLogger(PlanScheduler.class);

    /** What is left over is still due in the next second. */
    private static final int MOST_AT_ONCE = 200;

    private final PlanFires fires;
    private final Clock clock;
    private volatile boolean stopping;

    PlanScheduler(PlanFires fires, Clock clock) {
        this.fires = fires;
        this.clock = clock;
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
        return stopping ? Uni.createFrom().voidItem() : fireDue(clock.instant());
    }

    /** Fires everything that is due at a moment. */
    Uni<Void> fireDue(Instant now) {
        return fires.due(now, MOST_AT_ONCE)
                .onItem()
                .transformToMulti(due -> Multi.createFrom().iterable(due))
                .onItem()
                .transformToUniAndConcatenate(plan -> fire(plan, now))
                .collect()
                .last()
                .replaceWithVoid()
                .onFailure()
                .invoke(e -> LOG.warnf("Schedules cannot be looked after right now: %s", e.toString()))
                .onFailure()
                .recoverWithNull();
    }

    private Uni<Void> fire(DuePlan plan, Instant now) {
        return fires.fire(plan, now)
                .onFailure()
                .invoke(e -> LOG.errorf(e, "Plan %s could not be fired, it is tried again", plan.planId()))
                .onFailure()
                .recoverWithNull();
    }
}
