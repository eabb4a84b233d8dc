package com.reliably.web;

import com.reliably.problem.ProblemException;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerRequestInternal;
import io.vertx.core.impl.ContextInternal;
import java.util.concurrent.TimeUnit;

/**
 * The arrival of one body: what came is kept, as far as there is memory for it; where there is none, the request is not read
 * on. Ends with the body, or with a problem: 408 where it comes too slowly, 413 where it is too large, 503 where there was no
 * memory for too long. Runs on the request's event loop only.
 */
final class BodyReception {

    /** The memory of a body up to which it counts as small; small ones never wait for large ones. In bytes. */
    private static final long SMALL = 96 * 1024;

    private static final long LONGEST_TICK = TimeUnit.SECONDS.toNanos(1);

    private final HttpServerRequest request;
    private final BodyPace pace;
    private final long largest;
    private final ProblemException tooLarge;
    private final BodySettings settings;
    private final BodyMemory.Claim small;
    private final BodyMemory.Claim large;
    private final EventLoop eventLoop;
    private final Context context;
    private final ReceivedBody body = new ReceivedBody();
    private UniEmitter<? super ReceivedBody> emitter;
    private ScheduledFuture<?> ticks;
    private long memory;
    /** Arrived, but without room so far; null where there is none. */
    private Buffer waiting;

    private boolean ended;

    BodyReception(
            HttpServerRequest request,
            long largest,
            ProblemException tooLarge,
            BodySettings settings,
            BodyMemory.Claim small,
            BodyMemory.Claim large) {
        this.request = request;
        this.largest = largest;
        this.tooLarge = tooLarge;
        this.settings = settings;
        this.small = small;
        this.large = large;
        this.context = ((HttpServerRequestInternal) request).context();
        this.eventLoop = ((ContextInternal) context).nettyEventLoop();
        this.pace = new BodyPace(settings, System.nanoTime());
        body.whenRead(this::release);
    }

    /**
     * Begins to read.
     *
     * @param resume lets the request flow for the first time
     */
    void begin(UniEmitter<? super ReceivedBody> result, Runnable resume) {
        emitter = result;
        long tick = Math.min(LONGEST_TICK, settings.graceTimeout().toNanos() / 4);
        ticks = eventLoop.scheduleAtFixedRate(this::tick, tick, tick, TimeUnit.NANOSECONDS);
        request.exceptionHandler(
                failure -> fail(ProblemException.badRequest("The body did not arrive whole; send it again.")));
        request.handler(this::receive);
        request.endHandler(ignored -> succeed());
        resume.run();
    }

    private void receive(Buffer piece) {
        if (ended) {
            return;
        }
        pace.arrived(piece.length());
        if (body.length() + piece.length() > largest) {
            fail(tooLarge);
            return;
        }
        long growth = body.growthFor(piece.length());
        BodyMemory.Claim claim = memory + growth <= SMALL ? small : large;
        memory += growth;
        if (growth == 0 || claim.take(growth, this::granted)) {
            body.add(piece.getBytes());
            return;
        }
        waiting = piece;
        pace.stop(System.nanoTime());
        request.pause();
    }

    /** By any thread. */
    private void granted() {
        context.runOnContext(ignored -> {
            if (!ended) {
                body.add(waiting.getBytes());
                waiting = null;
                pace.goOn(System.nanoTime());
                request.resume();
            }
        });
    }

    private void tick() {
        if (ended) {
            return;
        }
        switch (pace.at(System.nanoTime())) {
            case TOO_SLOW ->
                fail(ProblemException.tooSlow("The body came too slowly: less than "
                        + settings.minRate().asLongValue() + " bytes a second over "
                        + settings.graceTimeout().toSeconds()
                        + " seconds, or not whole within " + settings.timeout().toSeconds()
                        + " seconds. Send it again over a faster connection; the operator can change RELIABLY_BODIES_MIN_RATE,"
                        + " RELIABLY_BODIES_GRACE_TIMEOUT and RELIABLY_BODIES_TIMEOUT."));
            case WAITED_TOO_LONG ->
                fail(ProblemException.unavailable("There was no memory for this body within "
                        + settings.memoryTimeout().toSeconds()
                        + " seconds, because of others that are being received; send it again in a moment."));
            default -> {}
        }
    }

    private void succeed() {
        if (!ended) {
            ended = true;
            ticks.cancel(false);
            emitter.complete(body);
        }
    }

    private void fail(ProblemException problem) {
        if (!ended) {
            ended = true;
            ticks.cancel(false);
            waiting = null;
            body.close();
            emitter.fail(problem);
        }
    }

    private void release() {
        small.release();
        large.release();
    }
}
