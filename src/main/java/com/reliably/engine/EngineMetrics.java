package com.reliably.engine;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Counts what goes wrong with schedules at engines; how many there are is counted with the backlog. */
@Singleton
final class EngineMetrics {

    private final MeterRegistry registry;
    private final Counter troubles;

    EngineMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.troubles = Counter.builder("reliably.engine.schedule.troubles")
                .description("How often engines told that something is wrong with a schedule")
                .register(registry);
    }

    /** Made with the server: none is something to show, too. */
    void begin(@Observes StartupEvent event) {}

    /** A schedule could not be brought in step at its engine. */
    void failed(String type, boolean refused) {
        registry.counter(
                        "reliably.engine.schedule.failures",
                        "type",
                        type,
                        "reason",
                        refused ? "refused" : "unreachable")
                .increment();
    }

    void troubled() {
        troubles.increment();
    }
}
