package com.reliably.runner.docker;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * The output of a container as it comes, taken piece by piece: nothing more is read from the engine before somebody asks
 * for it. All state belongs to the response's event loop, the clock included, so that no piece is lost between two askers.
 */
final class LogStream {

    private final Context context;
    private final HttpClientResponse response;
    private final Queue<Buffer> arrived = new ArrayDeque<>();
    private UniEmitter<? super Next> waiting;
    private boolean fetching;
    private boolean ended;
    private Throwable failure;

    /** What came. */
    sealed interface Next {

        /** A piece of output, in the engine's frames. */
        record Piece(Buffer bytes) implements Next {}

        /** Nothing, for as long as was waited. */
        record Quiet() implements Next {}

        /** The engine has said that there is no more. */
        record End() implements Next {}
    }

    /** Takes over a response; to be called on its event loop. */
    LogStream(Context context, HttpClientResponse response) {
        this.context = context;
        this.response = response;
        response.pause();
        response.handler(this::arrive);
        response.endHandler(ignored -> end(null));
        response.exceptionHandler(this::end);
    }

    /** What comes next. One request at a time. */
    Uni<Next> next(Duration atMost) {
        return Uni.createFrom().emitter(emitter -> context.runOnContext(ignored -> ask(emitter, atMost)));
    }

    private void ask(UniEmitter<? super Next> emitter, Duration atMost) {
        waiting = emitter;
        serve();
        if (waiting == null) {
            return;
        }
        if (!fetching) {
            fetching = true;
            response.fetch(1);
        }
        long timer = context.owner().setTimer(Math.max(1, atMost.toMillis()), ignored -> giveUp(emitter));
        emitter.onTermination(() -> context.owner().cancelTimer(timer));
    }

    private void giveUp(UniEmitter<? super Next> emitter) {
        if (waiting == emitter) {
            waiting = null;
            emitter.complete(new Next.Quiet());
        }
    }

    private void arrive(Buffer piece) {
        fetching = false;
        arrived.add(piece);
        serve();
    }

    private void end(Throwable why) {
        if (!ended) {
            ended = true;
            failure = why;
            serve();
        }
    }

    private void serve() {
        if (waiting == null || arrived.isEmpty() && !ended) {
            return;
        }
        UniEmitter<? super Next> emitter = waiting;
        waiting = null;
        if (!arrived.isEmpty()) {
            emitter.complete(new Next.Piece(arrived.remove()));
        } else if (failure != null) {
            emitter.fail(failure);
        } else {
            emitter.complete(new Next.End());
        }
    }

    /** Gives the connection back. */
    void close() {
        context.runOnContext(ignored -> response.request().reset());
    }
}
