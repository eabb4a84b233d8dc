package com.reliably.web;

import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;

/** The one clock of the server: it ticks in microseconds, which is what PostgreSQL stores and the wire shows. */
final class TimeSource {

    @Produces
    @Singleton
    Clock clock(ClockSettings settings) {
        Clock right = Clock.tick(Clock.systemUTC(), Duration.ofNanos(1000));
        return settings.offsetFile()
                .<Clock>map(file -> new OffsetClock(right, file))
                .orElse(right);
    }

    void stop(@Disposes Clock clock) {
        if (clock instanceof OffsetClock offset) {
            offset.close();
        }
    }
}
