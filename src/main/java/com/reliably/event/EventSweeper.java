package com.reliably.event;

import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.jboss.logging.Logger;

/** Deletes events that are older than anybody may resume at, a little at a time, on any replica. */
@ApplicationScoped
class EventSweeper {

    private static final Logger LOG = Logger.getLogger(EventSweeper.class);
    private static final int AT_ONCE = 1000;

    private final EventRepository repository;
    private final EventSettings settings;

    EventSweeper(EventRepository repository, EventSettings settings) {
        this.repository = repository;
        this.settings = settings;
    }

    @Scheduled(
            every = "1m",
            delayed = "10s",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
            identity = "event-sweeper")
    Uni<Void> sweep() {
        return repository
                .sweep(settings.retention(), AT_ONCE)
                .repeat()
                .until(swept -> swept < AT_ONCE)
                .collect()
                .last()
                .onFailure()
                .invoke(e -> LOG.warnf("Old events cannot be deleted right now: %s", e.toString()))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }
}
