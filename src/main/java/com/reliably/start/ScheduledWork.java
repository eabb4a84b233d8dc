package com.reliably.start;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.scheduler.Scheduler;
import io.quarkus.vertx.http.HttpServerStart;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;

/**
 * Holds scheduled work back until requests are served: what it starts calls this server, and a start that fails must
 * not be buried under the failures of work on a half-started server. (The scheduler is configured to start halted.)
 */
@Singleton
final class ScheduledWork {

    private final Scheduler scheduler;

    ScheduledWork(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    void begin(@ObservesAsync HttpServerStart listening) {
        scheduler.resume();
    }

    /** After a live reload the socket is open already, and no event says so. */
    void beginForDeveloper(@Observes StartupEvent event) {
        if (LaunchMode.current().isDev()) {
            scheduler.resume();
        }
    }
}
