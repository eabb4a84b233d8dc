package com.reliably.look;

import com.reliably.metric.WatchedLook;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * A look for something to do that is made again and again: one at a time, each within a time. A request that comes during
 * a look is honoured behind it, with one look however many there were, because what they were made for may have been
 * missed by the one under way. Where looks fail, people are told once, and once when they succeed again; requests wait for
 * the next ordinary look meanwhile.
 */
public final class RepeatedLook {

    private enum State {
        IDLE,
        LOOKING,
        ASKED_AGAIN
    }

    private final String subject;
    private final Logger log;
    private final WatchedLook measure;
    private final Duration within;
    private final Supplier<Uni<Void>> look;
    private final Runnable lookBehind;
    private final AtomicReference<State> state = new AtomicReference<>(State.IDLE);
    private volatile boolean stopped;
    private volatile boolean troubled;
    private volatile long soundSince = System.nanoTime();

    /**
     * A look that nobody has made yet.
     *
     * @param subject    what is looked after, as a sentence about it begins: {@code Runs}
     * @param log        of whom looks
     * @param measure    of these looks
     * @param within     how long one may take; it is given up then, and counts as failed
     * @param look       one look
     * @param lookBehind makes the look that was asked for during another one, where it belongs: by {@link #now}
     */
    public RepeatedLook(
            String subject,
            Logger log,
            WatchedLook measure,
            Duration within,
            Supplier<Uni<Void>> look,
            Runnable lookBehind) {
        this.subject = subject;
        this.log = log;
        this.measure = measure;
        this.within = within;
        this.look = look;
        this.lookBehind = lookBehind;
    }

    /** Looks, or asks for a look behind the one under way; each subscription does. Never fails. */
    public Uni<Void> now() {
        return Uni.createFrom()
                .deferred(() -> stopped || !begin() ? Uni.createFrom().voidItem() : once());
    }

    private boolean begin() {
        return state.getAndUpdate(before -> before == State.IDLE ? State.LOOKING : State.ASKED_AGAIN) == State.IDLE;
    }

    private Uni<Void> once() {
        return measure.measured(Uni.createFrom()
                        .deferred(look::get)
                        .ifNoItem()
                        .after(within)
                        .fail())
                .invoke(this::noteRecovery)
                .onFailure()
                .invoke(this::noteTrouble)
                .onFailure()
                .recoverWithNull()
                .onTermination()
                .invoke(this::isOver);
    }

    private void isOver() {
        if (state.getAndSet(State.IDLE) == State.ASKED_AGAIN && !troubled) {
            lookBehind.run();
        }
    }

    private void noteRecovery() {
        if (troubled) {
            soundSince = System.nanoTime();
            troubled = false;
            log.infof("%s are looked after again", subject);
        }
    }

    private void noteTrouble(Throwable failure) {
        // The database goes while the last look may be under way.
        if (!troubled && !stopped) {
            troubled = true;
            log.warnf("%s cannot be looked after right now, it is tried again: %s", subject, failure.toString());
        }
    }

    /** For how long no look has failed; nothing from a failure until the next success. */
    public Duration soundFor() {
        return troubled ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - soundSince);
    }

    /** No look begins from now on; one under way goes on, and what becomes of it is not told. */
    public void stop() {
        stopped = true;
    }

    /** Whether no look begins any more. */
    public boolean isStopped() {
        return stopped;
    }
}
