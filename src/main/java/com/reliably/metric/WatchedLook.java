package com.reliably.metric;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.smallrye.mutiny.Uni;
import java.time.Duration;

/** A look that is made again and again: how long it takes, whether it succeeds, and how long ago it last did. */
public final class WatchedLook {

    private static final String TIMER = "reliably.look";

    private final Timer good;
    private final Timer failed;
    private volatile long lastGood = System.nanoTime();

    WatchedLook(String of, MeterRegistry registry) {
        good = timer(of, "ok", registry);
        failed = timer(of, "failed", registry);
        Gauge.builder("reliably.last.look.age", this, WatchedLook::age)
                .description("Time since the server last looked after these with success, or since its start")
                .baseUnit("seconds")
                .tag("of", of)
                .strongReference(true)
                .register(registry);
    }

    private static Timer timer(String of, String outcome, MeterRegistry registry) {
        return Timer.builder(TIMER)
                .description("How long the server's looks for something to do take")
                .tag("of", of)
                .tag("outcome", outcome)
                .register(registry);
    }

    /** The same work; each subscription is one look. */
    public <T> Uni<T> measured(Uni<T> look) {
        return Uni.createFrom().deferred(() -> {
            long began = System.nanoTime();
            return look.onItem()
                    .invoke(() -> {
                        lastGood = System.nanoTime();
                        good.record(Duration.ofNanos(lastGood - began));
                    })
                    .onFailure()
                    .invoke(() -> failed.record(Duration.ofNanos(System.nanoTime() - began)));
        });
    }

    private double age() {
        return (System.nanoTime() - lastGood) / 1e9;
    }
}
