package com.reliably.testing;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/**
 * When this machine stood still, or this process did: a thread that looks up many times a second notes when it was late. What
 * was found to be busy for long after such a time may only have been given no processor.
 */
final class Standstills implements AutoCloseable {

    private static final Duration LOOK_EVERY = Duration.ofMillis(100);
    /** On a machine that is merely busy a thread is woken sooner. */
    private static final Duration LATE = Duration.ofMillis(300);

    private final List<Standstill> noted = new CopyOnWriteArrayList<>();
    private final Thread thread = new Thread(this::lookUpAgainAndAgain, "standstills");
    private volatile Instant lookedUp = Instant.now();
    private volatile boolean closed;

    private record Standstill(Instant from, Instant to) {

        private Duration within(Instant begin, Instant end) {
            Instant first = from.isAfter(begin) ? from : begin;
            Instant last = to.isBefore(end) ? to : end;
            return last.isAfter(first) ? Duration.between(first, last) : Duration.ZERO;
        }
    }

    private Standstills() {
        thread.setDaemon(true);
    }

    /** Notes them from now on. */
    static Standstills noted() {
        Standstills standstills = new Standstills();
        standstills.thread.start();
        return standstills;
    }

    private void lookUpAgainAndAgain() {
        while (!closed) {
            LockSupport.parkNanos(LOOK_EVERY.toNanos());
            Instant now = Instant.now();
            if (isLate(now)) {
                noted.add(new Standstill(lookedUp, now));
            }
            lookedUp = now;
        }
    }

    private boolean isLate(Instant now) {
        return Duration.between(lookedUp, now).compareTo(LATE) > 0;
    }

    /** For how long everything stood still between two moments, the second of which may be now. */
    Duration within(Instant begin, Instant end) {
        // Who asks may have been woken before the thread that notes.
        Standstill goingOn = new Standstill(lookedUp, isLate(end) ? end : lookedUp);
        return noted.stream()
                .map(standstill -> standstill.within(begin, end))
                .reduce(goingOn.within(begin, end), Duration::plus);
    }

    /** One that a test has brought about, of another process. */
    void add(Instant from, Instant to) {
        noted.add(new Standstill(from, to));
    }

    @Override
    public void close() {
        closed = true;
    }
}
