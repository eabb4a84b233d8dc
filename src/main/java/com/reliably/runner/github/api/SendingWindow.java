package com.reliably.runner.github.api;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * The time within which a request may be sent that others may repeat after a while. Measured by both clocks: the one stands
 * still while a machine is suspended, the other may be set.
 *
 * @param clock     the wall's
 * @param since     by that clock
 * @param sinceNano by {@link System#nanoTime}
 * @param length    of the window
 */
public record SendingWindow(Clock clock, Instant since, long sinceNano, Duration length) {

    /** Open from now on. */
    public static SendingWindow open(Clock clock, Duration length) {
        return new SendingWindow(clock, clock.instant(), System.nanoTime(), length);
    }

    boolean isOver() {
        return System.nanoTime() - sinceNano > length.toNanos()
                || clock.instant().isAfter(since.plus(length));
    }
}
