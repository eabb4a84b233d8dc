package com.reliably.runner.github.webhook;

import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.jboss.logging.Logger;

/** Deletes deliveries that are so old that they would be ignored anyway, a little at a time, on any replica. */
@ApplicationScoped
class DeliverySweeper {

    private static final Logger LOG = Logger.getLogger(DeliverySweeper.class);
    private static final int AT_ONCE = 1000;
    /** A day more than they count, for clocks that are wrong. */
    private static final Duration KEPT = WebhookService.COUNTS_FOR.plusDays(1);

    private final DeliveryStore store;

    DeliverySweeper(DeliveryStore store) {
        this.store = store;
    }

    @Scheduled(
            every = "10m",
            delayed = "1m",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
            identity = "github-delivery-sweeper")
    Uni<Void> sweep() {
        return store.sweep(KEPT, AT_ONCE)
                .repeat()
                .until(swept -> swept < AT_ONCE)
                .collect()
                .last()
                .onFailure()
                .invoke(e -> LOG.warnf("Old deliveries of webhooks cannot be deleted right now: %s", e.toString()))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }
}
