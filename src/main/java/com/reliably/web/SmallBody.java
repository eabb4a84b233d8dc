package com.reliably.web;

import com.reliably.problem.ProblemException;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;

/**
 * Reads a body whole, as it came, without a thread that waits for it: for endpoints that strangers call, of whom many could
 * be slow at once.
 */
public final class SmallBody {

    private static final Duration WITHIN = Duration.ofSeconds(10);
    /** So much more is read and dropped: an answer to somebody who is still writing is lost. */
    private static final long DROPPED = 16L * 1024 * 1024;

    private final HttpServerRequest request;
    private final int largest;
    private final Buffer read = Buffer.buffer();
    private long length;

    private SmallBody(HttpServerRequest request, int largest) {
        this.request = request;
        this.largest = largest;
    }

    /**
     * The body of a request of which nothing has been read. Emits on the request's own context.
     *
     * @param largest in bytes
     * @return fails with a 413 where it is larger, and with a 400 where it does not arrive
     */
    public static Uni<byte[]> of(HttpServerRequest request, int largest) {
        if (request.isEnded()) {
            return Uni.createFrom().item(new byte[0]);
        }
        return Uni.createFrom()
                .<byte[]>emitter(new SmallBody(request, largest)::readInto)
                .ifNoItem()
                .after(WITHIN)
                .failWith(() -> ProblemException.badRequest(
                        "The body did not arrive within " + WITHIN.toSeconds() + " seconds; send it again."));
    }

    private void readInto(UniEmitter<? super byte[]> emitter) {
        request.handler(piece -> {
            length += piece.length();
            if (length <= largest) {
                read.appendBuffer(piece);
            } else if (length > largest + DROPPED) {
                emitter.fail(refusal());
            }
        });
        request.exceptionHandler(
                failure -> emitter.fail(ProblemException.badRequest("The body did not arrive whole; send it again.")));
        request.endHandler(ignored -> {
            if (length > largest) {
                emitter.fail(refusal());
            } else {
                emitter.complete(read.getBytes());
            }
        });
        request.resume();
    }

    private ProblemException refusal() {
        return ProblemException.tooLarge("The body is larger than the " + largest + " bytes that this takes.");
    }
}
