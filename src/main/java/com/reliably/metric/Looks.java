package com.reliably.metric;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** The looks by which the server finds what there is to do. That one of them fails, or is not made any more, must show. */
@Singleton
public final class Looks {

    private final WatchedLook atRuns;
    private final WatchedLook atPlans;
    private final WatchedLook atSchedules;

    public Looks(MeterRegistry registry) {
        atRuns = new WatchedLook("runs", registry);
        atPlans = new WatchedLook("plans", registry);
        atSchedules = new WatchedLook("schedules", registry);
    }

    /** Made with the server: a look that never comes must show, too. */
    void begin(@Observes StartupEvent event) {}

    /** For runs to take up, to take over and to end. */
    public WatchedLook atRuns() {
        return atRuns;
    }

    /** For plans that are due. */
    public WatchedLook atPlans() {
        return atPlans;
    }

    /** For schedules at engines that are not as they should be. */
    public WatchedLook atSchedules() {
        return atSchedules;
    }
}
