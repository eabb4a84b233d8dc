package com.reliably.web;

import com.reliably.problem.ProblemException;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Reads bodies whole before anything is done with them, without a thread that waits for one: however many are slow, they take
 * their share of memory and nothing else. Made at the first request: filters are made before settings can be read.
 */
@ApplicationScoped
class BodyReceiver {

    /** Of the heap. What is large needs about eight times its size once it is whole, and as much again stays for the rest. */
    private static final int SHARE_OF_HEAP = 8;

    private static final int SHARE_OF_HEAP_FOR_SMALL = 16;

    private final BodySettings settings;
    private final BodyMemory small;
    private final BodyMemory large;
    private final long largest;

    BodyReceiver(
            BodySettings settings, @ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize largest) {
        this.largest = largest.asLongValue();
        long heap = Runtime.getRuntime().maxMemory();
        this.settings = settings;
        this.small = new BodyMemory(heap / SHARE_OF_HEAP_FOR_SMALL);
        this.large =
                new BodyMemory(settings.memory().map(size -> size.asLongValue()).orElse(heap / SHARE_OF_HEAP));
    }

    /** The largest body that is taken, in bytes. */
    long largest() {
        return largest;
    }

    /**
     * Receives the body of a request of which nothing has been read. Emits on the request's event loop.
     *
     * @param owner    whose memory it takes
     * @param limit    in bytes
     * @param tooLarge the answer to what is larger
     * @param resume   lets the request flow for the first time
     * @return fails with a 408, 413 or 503 where it does not arrive in time, is larger, or finds no memory
     */
    Uni<ReceivedBody> receive(
            HttpServerRequest request, BodyOwner owner, long limit, ProblemException tooLarge, Runnable resume) {
        return Uni.createFrom().emitter(emitter -> new BodyReception(
                        request, limit, tooLarge, settings, small.claim(owner), large.claim(owner))
                .begin(emitter, resume));
    }
}
