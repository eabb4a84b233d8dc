package com.reliably.runner.docker;

import com.reliably.runner.ClientCommand;
import com.reliably.runner.RunnerEvent;
import com.reliably.runner.RunnerEvent.Ended;
import com.reliably.runner.RunnerEvent.How;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Follows one container: waits for its start, reads its output, sees that it keeps to its time, and tells its end. It is asked
 * for what comes next, by one asker at a time, and holds a connection of its engine's but no thread. An engine that is
 * away is asked again until it is back.
 */
final class Observation {

    private static final Logger LOG = Logger.getLogger(Observation.class);

    /** How often a container is looked at, be it silent, talkative or not started yet. */
    private static final Duration LOOK_EVERY = Duration.ofSeconds(15);

    private static final Duration SOONEST_LOOK = Duration.ofMillis(200);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);
    /** Beyond the grace, before a container that was told to end is told so again. */
    private static final Duration STOP_MARGIN = Duration.ofSeconds(30);

    private final Engine engine;
    private final ContainerReference reference;
    private final OutputReader output;
    private LogStream stream;
    private boolean hasEnded;
    private boolean lastReading;
    private boolean readyTold;
    private boolean startedTold;
    private boolean done;
    private boolean away;
    private Duration pause = FIRST_PAUSE;
    private long lookAt;
    private long toldToStop;
    private boolean stopTold;
    private String refusal;
    private boolean cancelledBeforeStart;
    private boolean looked;
    private UniEmitter<? super Void> waiting;

    Observation(Engine engine, ContainerReference reference, long fromByte) {
        this.engine = engine;
        this.reference = reference;
        this.output = new OutputReader(fromByte);
    }

    boolean isDone() {
        return done;
    }

    /** What comes next; may be nothing, without being the end. */
    Uni<List<RunnerEvent>> next() {
        if (done) {
            return nothing();
        }
        return (stream == null ? look() : read())
                .onFailure(failure -> !engine.isClosed())
                .recoverWithUni(this::waitForEngine);
    }

    private static Uni<List<RunnerEvent>> nothing() {
        return Uni.createFrom().item(List.of());
    }

    private static Uni<List<RunnerEvent>> one(RunnerEvent event) {
        return Uni.createFrom().item(List.of(event));
    }

    // The container's state

    private Uni<List<RunnerEvent>> look() {
        return engine.container(reference.id()).chain(found -> {
            if (away) {
                LOG.infof("The Docker engine at %s is back", reference.engine());
            }
            away = false;
            pause = FIRST_PAUSE;
            return found.isEmpty() ? gone() : seen(found.get());
        });
    }

    private Uni<List<RunnerEvent>> gone() {
        return end(
                wasCancelledBeforeStart()
                        ? new Ended(How.CANCELLED, null, null)
                        : new Ended(
                                How.VANISHED,
                                null,
                                "The container " + reference.shortId() + " is no longer on the engine at "
                                        + reference.engine() + ": somebody removed it, so how the experiment ended is"
                                        + " not known."));
    }

    private Uni<List<RunnerEvent>> seen(Container container) {
        output.hide(container.variable(ClientCommand.TOKEN).orElse(""));
        if (!container.wasStarted()) {
            return notStarted(container);
        }
        return keepToItsTime(container).chain(() -> {
            // What had ended before its output is read has printed everything.
            hasEnded = !container.isRunning();
            lastReading = hasEnded;
            output.fromTheBeginning();
            return engine.follow(reference.id()).chain(opened -> {
                stream = opened;
                if (startedTold) {
                    return nothing();
                }
                startedTold = true;
                return one(new RunnerEvent.Started());
            });
        });
    }

    private Uni<List<RunnerEvent>> notStarted(Container container) {
        String error = refusal().orElse(container.error());
        if (!error.isEmpty()) {
            return end(ContainerEnd.notStarted(reference, error));
        }
        if (!readyTold) {
            readyTold = true;
            return one(new RunnerEvent.Ready());
        }
        return untilLookedAt();
    }

    private Uni<List<RunnerEvent>> end(Ended ended) {
        List<RunnerEvent> events = new ArrayList<>(output.rest());
        events.add(ended);
        done = true;
        return Uni.createFrom().item(events);
    }

    // Its output

    private Uni<List<RunnerEvent>> read() {
        Duration untilLook = hasEnded ? LOOK_EVERY : Duration.ofNanos(lookAt - System.nanoTime());
        return untilLook.isNegative() || untilLook.isZero()
                ? lookWhileReading()
                : stream.next(untilLook).chain(this::take);
    }

    private Uni<List<RunnerEvent>> take(LogStream.Next next) {
        if (next instanceof LogStream.Next.Piece piece) {
            return Uni.createFrom().item(List.copyOf(output.take(piece.bytes())));
        }
        if (next instanceof LogStream.Next.End) {
            return endOfOutput();
        }
        return hasEnded ? readAgain() : lookWhileReading();
    }

    /** Of what has ended more is to come, and does not. */
    private Uni<List<RunnerEvent>> readAgain() {
        close();
        return look();
    }

    private Uni<List<RunnerEvent>> lookWhileReading() {
        return engine.container(reference.id()).chain(found -> {
            if (found.isEmpty()) {
                return readAgain();
            }
            hasEnded = !found.get().isRunning();
            return keepToItsTime(found.get()).chain(Observation::nothing);
        });
    }

    private Uni<List<RunnerEvent>> endOfOutput() {
        stream = null;
        // The engine may also end a stream because it ends itself; the container is looked at before it is believed.
        return lastReading
                ? engine.container(reference.id())
                        .chain(found -> found.isEmpty() ? gone() : end(ContainerEnd.of(found.get())))
                : look();
    }

    // Its time

    /** By the engine's clock, from the container's start on, so that every server comes to the same. */
    private Uni<Void> keepToItsTime(Container container) {
        Duration grace = RunLabels.grace(container);
        Duration left = RunLabels.timeout(container).minus(container.duration());
        boolean over = container.isRunning() && (left.isNegative() || left.isZero());
        lookAt = System.nanoTime() + (over ? LOOK_EVERY : sooner(left)).toNanos();
        if (!over
                || stopTold
                        && System.nanoTime() - toldToStop
                                < grace.plus(STOP_MARGIN).toNanos()) {
            return Uni.createFrom().voidItem();
        }
        stopTold = true;
        toldToStop = System.nanoTime();
        // Its output is read meanwhile.
        engine.stop(reference.id(), grace)
                .subscribe()
                .with(ignored -> {}, failure -> LOG.debugf("%s is stopped later: %s", reference, failure.toString()));
        return Uni.createFrom().voidItem();
    }

    private static Duration sooner(Duration left) {
        Duration atMost = left.compareTo(LOOK_EVERY) < 0 ? left : LOOK_EVERY;
        return atMost.compareTo(SOONEST_LOOK) < 0 ? SOONEST_LOOK : atMost;
    }

    // What others tell

    /** Somebody changed the container: it is looked at now rather than later. */
    synchronized void lookNow() {
        looked = true;
        if (waiting != null) {
            waiting.complete(null);
            waiting = null;
        }
    }

    /** The engine did not start it. */
    synchronized void refused(String why) {
        refusal = why;
        lookNow();
    }

    /** It is removed because somebody asked for the end before it was started. */
    synchronized void cancelledBeforeStart() {
        cancelledBeforeStart = true;
        lookNow();
    }

    private synchronized Optional<String> refusal() {
        return Optional.ofNullable(refusal);
    }

    private synchronized boolean wasCancelledBeforeStart() {
        return cancelledBeforeStart;
    }

    private Uni<List<RunnerEvent>> untilLookedAt() {
        return Uni.createFrom()
                .<Void>emitter(this::await)
                .ifNoItem()
                .after(LOOK_EVERY)
                .recoverWithItem((Void) null)
                .chain(Observation::nothing);
    }

    private synchronized void await(UniEmitter<? super Void> emitter) {
        if (looked) {
            looked = false;
            emitter.complete(null);
        } else {
            waiting = emitter;
        }
    }

    // An engine that is away

    private Uni<List<RunnerEvent>> waitForEngine(Throwable failure) {
        close();
        if (!away && !(failure instanceof TimeoutException)) {
            away = true;
            LOG.warnf(
                    "Container %s cannot be followed, it is tried again: %s",
                    reference.shortId(), failure.getMessage());
        }
        Duration now = pause;
        pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause.multipliedBy(2);
        return nothing().onItem().delayIt().by(now);
    }

    /** Gives the connection back, if there is one. */
    void close() {
        LogStream open = stream;
        stream = null;
        if (open != null) {
            open.close();
        }
    }
}
