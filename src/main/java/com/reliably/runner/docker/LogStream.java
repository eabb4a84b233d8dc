package com.reliably.runner.docker;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;

/**
 * The output of a container as it comes, taken piece by piece: nothing more is read from the engine before somebody asks
 * for it. All state belongs to the response's event loop.
 */
final class LogStream {

    private final Context context;
    private final HttpClientResponse response;
    private final Queue<Buffer> arrived = new ArrayDeque<>();
    private UniEmitter<? super Optional<Buffer>> waiting;
    private boolean fetching;
    private boolean ended;
    private Throwable failure;

    /** Takes over a response; to be called on its event loop. */
    LogStream(Context context, HttpClientResponse response) {
        this.context = context;
        this.response = response;
        response.pause();
        response.handler(this::arrive);
        response.endHandler(ignored -> end(null));
        response.exceptionHandler(this::end);
    }

    /**
     * The next piece; empty where the engine has said that there is no more. One request at a time. It may be given up:
     * what arrives then waits for the next one.
     */
    Uni<Optional<Buffer>> next() {
        return Uni.createFrom().emitter(emitter -> context.runOnContext(ignored -> ask(emitter)));
    }

    private void ask(UniEmitter<? super Optional<Buffer>> emitter) {
        waiting = emitter;
        emitter.onTermination(() -> context.runOnContext(ignored -> {
            if (waiting == emitter) {
                waiting = null;
            }
        }));
        serve();
        if (waiting != null && !fetching && !ended) {
            fetching = true;
            response.fetch(1);
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
        UniEmitter<? super Optional<Buffer>> emitter = waiting;
        waiting = null;
        if (!arrived.isEmpty()) {
            emitter.complete(Optional.of(arrived.remove()));
        } else if (failure != null) {
            emitter.fail(failure);
        } else {
            emitter.complete(Optional.empty());
        }
    }

    /** Gives the connection back. */
    void close() {
        context.runOnContext(ignored -> response.request().reset());
    }
}
