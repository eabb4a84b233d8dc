package com.reliably.run;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.EnumMap;
import java.util.Map;

/** Counts the fires that this server recorded as missed, by their reason. */
@Singleton
final class MissedFires {

    private final Map<MissedReason, Counter> counts = new EnumMap<>(MissedReason.class);

    MissedFires(MeterRegistry registry) {
        // All from the start on, so that the first one shows as an increase.
        for (MissedReason reason : MissedReason.values()) {
            counts.put(
                    reason,
                    Counter.builder("reliably.fires.missed")
                            .description("Fires of schedules that were not run")
                            .tag("reason", reason.toString())
                            .register(registry));
        }
    }

    /** Made with the server: none missed is something to show, too. */
    void begin(@Observes StartupEvent event) {}

    void add(MissedReason reason) {
        counts.get(reason).increment();
    }
}
