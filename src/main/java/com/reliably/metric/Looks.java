package com.reliably.metric;

import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;

/** The looks by which the server finds what there is to do. That one of them fails, or is not made any more, must show. */
@Singleton
public final class Looks {

    private final MeterRegistry registry;

    Looks(MeterRegistry registry) {
        this.registry = registry;
    }

    /**
     * Begins to watch a look.
     *
     * @param of what it looks after, as the value of a metric's tag
     */
    public WatchedLook watch(String of) {
        return new WatchedLook(of, registry);
    }
}
