package com.reliably.web;

import com.reliably.problem.ProblemException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;

/** Reads a body whole, as it came, for endpoints that strangers call: together they have what one organization may have. */
@Singleton
public final class SmallBody {

    private final BodyReceiver receiver;

    SmallBody(BodyReceiver receiver) {
        this.receiver = receiver;
    }

    /**
     * The body of a request of which nothing has been read. Emits on the request's own event loop.
     *
     * @param largest in bytes
     * @return fails with a 413 where it is larger, and with a 408 or 503 where it does not arrive or finds no memory
     */
    public Uni<byte[]> of(HttpServerRequest request, int largest) {
        if (request.isEnded()) {
            return Uni.createFrom().item(new byte[0]);
        }
        ProblemException tooLarge =
                ProblemException.tooLarge("The body is larger than the " + largest + " bytes that this takes.");
        return receiver.receive(request, BodyOwner.STRANGER, largest, tooLarge, request::resume)
                .map(ReceivedBody::toBytes);
    }
}
