package com.reliably.web;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Response;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Lets large requests in only as memory permits; the others wait, unread, in the order of their arrival. A body is held
 * several times over while it is understood and stored, so that a few dozen of the largest at once would need
 * gigabytes. Runs after authentication, so that strangers cannot take anybody's turn; where an endpoint lets them in, they
 * wait for each other, and have a small part of the memory.
 */
@Singleton
public final class LargeBodies {

    /** What no heap is too small for, even with a body of this size on every connection. */
    private static final long SMALL = 64 * 1024;

    /** The largest request needs about eight times its size; as much again stays for everything else. */
    private static final int SHARE_OF_HEAP = 16;

    private static final int SHARE_OF_STRANGERS = 8;

    private final long largest;
    private final Line callers = new Line(Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
    private final Line strangers = new Line(callers.budget / SHARE_OF_STRANGERS);

    LargeBodies(@ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize largest) {
        this.largest = largest.asLongValue();
    }

    private static final class Turn {
        final long size;
        final UniEmitter<? super Response> emitter;
        boolean admitted;

        Turn(long size, UniEmitter<? super Response> emitter) {
            this.size = size;
            this.emitter = emitter;
        }
    }

    @ServerRequestFilter(priority = Priorities.USER)
    Uni<Response> letIn(RoutingContext http, ResourceInfo endpoint) {
        WithoutToken open = endpoint.getResourceMethod().getAnnotation(WithoutToken.class);
        long size = sizeOf(http.request());
        if (size <= SMALL) {
            return Uni.createFrom().nullItem();
        }
        return open == null
                ? letIn(http, callers, size)
                // More than that is never kept of it.
                : letIn(http, strangers, Math.min(size, open.largestBody()));
    }

    private static Uni<Response> letIn(RoutingContext http, Line line, long size) {
        return Uni.createFrom().emitter(emitter -> {
            Turn turn = new Turn(size, emitter);
            // Also where the client goes away while it waits.
            http.addEndHandler(ignored -> line.leave(turn));
            line.arrive(turn);
        });
    }

    /** In bytes; what does not say its size may be as large as anything. */
    private long sizeOf(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null) {
            return Long.parseLong(length);
        }
        return request.getHeader(HttpHeaders.TRANSFER_ENCODING) == null ? 0 : largest;
    }

    /** Those who wait for each other. */
    private static final class Line {

        private final long budget;
        private final Deque<Turn> waiting = new ArrayDeque<>();
        private long inUse;

        Line(long budget) {
            this.budget = budget;
        }

        void arrive(Turn turn) {
            synchronized (this) {
                waiting.add(turn);
            }
            admit();
        }

        void leave(Turn turn) {
            synchronized (this) {
                if (turn.admitted) {
                    inUse -= turn.size;
                } else {
                    waiting.remove(turn);
                }
            }
            admit();
        }

        private void admit() {
            List<Turn> next = new ArrayList<>();
            synchronized (this) {
                // The largest request exceeds the share of a small heap; alone it is let in all the same.
                while (!waiting.isEmpty() && (inUse == 0 || inUse + waiting.peek().size <= budget)) {
                    Turn turn = waiting.poll();
                    turn.admitted = true;
                    inUse += turn.size;
                    next.add(turn);
                }
            }
            next.forEach(turn -> turn.emitter.complete(null));
        }
    }
}
