package com.reliably.web;

/**
 * The pace at which a body arrives, by a monotonic clock. Time in which the server itself does not read is no time of the
 * sender's. Used by one thread.
 */
final class BodyPace {

    /** How a body does. */
    enum State {
        GOOD,
        TOO_SLOW,
        WAITED_TOO_LONG
    }

    private final long grace;
    private final long timeout;
    private final long memoryTimeout;
    private final long leastInGrace;
    private long windowBegan;
    private long inWindow;
    private long began;
    private boolean suspect;
    private boolean stopped;
    private long stoppedAt;
    /** Of earlier stops together: a body that gets its memory in small portions waits as long as one that gets none. */
    private long waited;

    BodyPace(BodySettings settings, long now) {
        grace = settings.graceTimeout().toNanos();
        timeout = settings.timeout().toNanos();
        memoryTimeout = settings.memoryTimeout().toNanos();
        leastInGrace =
                settings.minRate().asLongValue() * settings.graceTimeout().toMillis() / 1000;
        began = now;
        windowBegan = now;
    }

    void arrived(int bytes) {
        inWindow += bytes;
    }

    /** Says that the server does not read on. */
    void stop(long now) {
        stopped = true;
        stoppedAt = now;
    }

    /** Says that it reads on. */
    void goOn(long now) {
        stopped = false;
        waited += now - stoppedAt;
        began += now - stoppedAt;
        windowBegan += now - stoppedAt;
    }

    /**
     * How the body does now. It is too slow when it was so at two looks: a process that stood still finds its timers due before
     * it reads what came meanwhile.
     */
    State at(long now) {
        if (stopped) {
            return waited + now - stoppedAt > memoryTimeout ? State.WAITED_TOO_LONG : State.GOOD;
        }
        boolean slow = now - windowBegan > grace && inWindow < leastInGrace || now - began > timeout;
        if (slow) {
            if (suspect) {
                return State.TOO_SLOW;
            }
        } else if (now - windowBegan > grace) {
            windowBegan = now;
            inWindow = 0;
        }
        suspect = slow;
        return State.GOOD;
    }
}
