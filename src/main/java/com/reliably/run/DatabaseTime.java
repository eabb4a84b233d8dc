package com.reliably.run;

import java.time.Instant;

/**
 * The database's clock, as a server that has looked at it once goes on counting. What several servers measure of one
 * run can be compared by it, whatever their own clocks say.
 */
final class DatabaseTime {

    private final Instant seen;
    private final long seenAt = System.nanoTime();

    /** Counts on from now on. */
    DatabaseTime(Instant seen) {
        this.seen = seen;
    }

    /** What it was at first. */
    Instant seen() {
        return seen;
    }

    /** What it is now. */
    Instant now() {
        return seen.plusNanos(System.nanoTime() - seenAt);
    }
}
