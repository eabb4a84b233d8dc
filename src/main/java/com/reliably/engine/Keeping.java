package com.reliably.engine;

import io.smallrye.mutiny.subscription.Cancellable;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/** A schedule that this server looks after right now. */
final class Keeping {

    private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
    private static final int MOST_DOUBLINGS = 6;

    private final OwnedSchedule schedule;
    private final Executor working;
    private final AtomicBoolean busy = new AtomicBoolean();
    private Cancellable watching;
    private int failures;
    private boolean over;

    /**
     * Begins.
     *
     * @param working for what is done at the engine, one thing at a time, because a database session hangs on the context that
     *     it was opened on
     */
    Keeping(OwnedSchedule schedule, Executor working) {
        this.schedule = schedule;
        this.working = working;
    }

    OwnedSchedule schedule() {
        return schedule;
    }

    Executor working() {
        return working;
    }

    /** Whether nothing is being done at the engine, so that something may be begun; true only once until {@link #done}. */
    boolean begin() {
        return busy.compareAndSet(false, true);
    }

    void done() {
        busy.set(false);
    }

    boolean isBusy() {
        return busy.get();
    }

    /** Whether this is about the claim that the database knows. */
    boolean isOf(OwnedSchedule owned) {
        return schedule.epoch() == owned.epoch();
    }

    /** Has a new subscription in place of the one before; ends it at once where the keeping is over. */
    synchronized void watchedBy(Cancellable subscription) {
        if (watching != null) {
            watching.cancel();
        }
        watching = subscription;
        if (over && subscription != null) {
            subscription.cancel();
        }
    }

    /** Whether its engine tells of it, or is about to. */
    synchronized boolean isWatched() {
        return watching != null;
    }

    /** The engine has told something. */
    synchronized void heard() {
        failures = 0;
    }

    /** Watching has failed; says for how long to leave it. */
    synchronized Duration failed() {
        Duration wait = FIRST_WAIT.multipliedBy(1L << Math.min(failures, MOST_DOUBLINGS));
        failures++;
        return wait;
    }

    /** How often watching has failed since something was heard. */
    synchronized int failures() {
        return failures;
    }

    /** This server does not look after it any more. */
    synchronized void end() {
        over = true;
        if (watching != null) {
            watching.cancel();
        }
    }

    synchronized boolean isOver() {
        return over;
    }
}
