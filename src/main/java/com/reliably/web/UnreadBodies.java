package com.reliably.web;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Set;

/**
 * Ends requests that were answered before their body was read, whoever sent them. Reads on for a moment first, and drops it:
 * an answer to somebody who is still writing is lost where the connection is closed (RFC 9112, 9.6). Over HTTP/2 only the
 * stream ends.
 */
@Singleton
final class UnreadBodies {

    /** The longest time, in milliseconds, that the rest of a body is read for. */
    private static final long LINGER = 5_000;

    /** After which nobody is listened to any more. */
    private static final Set<Integer> CLOSING = Set.of(408, 413);

    private static final int FIRST = 1_500;
    private static final long NO_ERROR = 0;

    private static final String UNCERTAIN = "com.reliably.uncertain-body";

    /** Has the connection closed with the answer: what follows may be the body, or another request. */
    static void markUncertain(RoutingContext context) {
        context.put(UNCERTAIN, true);
    }

    static boolean isUncertain(RoutingContext context) {
        return context.get(UNCERTAIN) != null;
    }

    void install(@Observes Filters filters) {
        filters.register(this::watch, FIRST);
    }

    private void watch(RoutingContext context) {
        context.addEndHandler(ignored -> end(context));
        context.next();
    }

    private static void end(RoutingContext context) {
        HttpServerRequest request = context.request();
        boolean closing = CLOSING.contains(context.response().getStatusCode()) || isUncertain(context);
        if (request.isEnded()) {
            if (closing) {
                close(context);
            }
            return;
        }
        if (request.version() != HttpVersion.HTTP_2
                && !request.headers().contains(HttpHeaders.CONTENT_LENGTH)
                && !request.headers().contains(HttpHeaders.TRANSFER_ENCODING)) {
            // There is none.
            return;
        }
        long timer = context.vertx().setTimer(LINGER, ignored -> close(context));
        request.exceptionHandler(ignored -> context.vertx().cancelTimer(timer));
        request.handler(ignored -> {});
        request.endHandler(ignored -> {
            context.vertx().cancelTimer(timer);
            if (closing) {
                close(context);
            }
        });
        request.resume();
    }

    private static void close(RoutingContext context) {
        if (context.request().version() == HttpVersion.HTTP_2) {
            context.response().reset(NO_ERROR);
        } else {
            context.request().connection().close();
        }
    }
}
