package com.reliably.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.problem.Problem;
import com.reliably.problem.ProblemException;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.resteasy.reactive.server.vertx.VertxInputStream;

/**
 * What every response has in common: security headers, the exact content type that clients compare, no caching; and
 * the refusal of bodies that are too large, before they are read.
 */
@Singleton
public final class HttpHygiene {

    private static final String API = "/api/";
    /** Quarkus REST has the order 10,000. */
    private static final int BEFORE_REST = 9_000;

    private static final int AFTER_EVERYTHING = 30_000;
    private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
    private static final CharSequence TEXT = HttpHeaders.createOptimized("text/plain; charset=utf-8");
    /** For how long, in milliseconds, the rest of a refused body is read, so that the answer reaches its sender. */
    private static final long LINGER = 5_000;

    private final ObjectMapper json;
    private final AllowedMethods methods;
    private final long maxBodySize;

    HttpHygiene(
            ObjectMapper json,
            AllowedMethods methods,
            @ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize maxBodySize) {
        this.json = json;
        this.methods = methods;
        this.maxBodySize = maxBodySize.asLongValue();
    }

    void install(@Observes Filters filters) {
        filters.register(this::headers, 1000);
        filters.register(this::refuseLargeBodies, 900);
    }

    void install(@Observes Router router) {
        router.errorHandler(
                400, context -> answer(context, ProblemException.badRequest("The request's address is malformed.")));
        router.errorHandler(413, context -> answer(context, BodyLimit.refusal(maxBodySize)));
        router.route(API + "*").order(BEFORE_REST).handler(this::prepareBody);
        // Unknown API paths answer like everything else below /api: with a problem document.
        router.route(API + "*")
                .order(AFTER_EVERYTHING)
                .handler(context -> answer(context, ProblemException.notFound("Not Found")));
    }

    private void headers(RoutingContext context) {
        String path = context.normalizedPath();
        boolean api = (path + "/").startsWith(API);
        context.addHeadersEndHandler(ignored -> {
            MultiMap headers = context.response().headers();
            if (context.response().getStatusCode() == 405 && !headers.contains(HttpHeaders.ALLOW)) {
                headers.set(HttpHeaders.ALLOW, String.join(", ", methods.of(path)));
            }
            if (context.response().getStatusCode() == 413) {
                // The rest of the body is not used, so neither can the connection be.
                headers.set(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
            }
            headers.set("X-Content-Type-Options", "nosniff");
            headers.set("X-Frame-Options", "DENY");
            headers.set("Referrer-Policy", "no-referrer");
            if (api) {
                headers.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
                // Responses carry what only this caller may see, secrets in clear among it.
                headers.set(HttpHeaders.CACHE_CONTROL, "no-store");
            }
            // Chaos Toolkit's clients compare the whole header; JSON has no charset parameter (RFC 8259, 11).
            String type = headers.get(HttpHeaders.CONTENT_TYPE);
            if (type != null && type.startsWith("application/json;")) {
                headers.set(HttpHeaders.CONTENT_TYPE, JSON);
            } else if (type != null && type.startsWith("text/plain;")) {
                headers.set(HttpHeaders.CONTENT_TYPE, TEXT);
            }
        });
        context.next();
    }

    private void refuseLargeBodies(RoutingContext context) {
        String length = context.request().getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null
                && length.length() < 19
                && length.chars().allMatch(Character::isDigit)
                && !length.isEmpty()
                && Long.parseLong(length) > maxBodySize) {
            context.addEndHandler(ignored -> closeGently(context));
            answer(context, BodyLimit.refusal(maxBodySize));
            return;
        }
        context.next();
    }

    private void prepareBody(RoutingContext context) {
        // Clients that name no type mean JSON: there is nothing else to send here.
        String type = context.request().getHeader(HttpHeaders.CONTENT_TYPE);
        if (type == null || type.isBlank()) {
            context.request().headers().set(HttpHeaders.CONTENT_TYPE, JSON);
        }
        // Quarkus would end a body of undeclared length without a word; BodyLimit has one.
        context.put(VertxInputStream.MAX_REQUEST_SIZE_KEY, -1L);
        context.addEndHandler(ignored -> {
            if (context.response().getStatusCode() == 413) {
                context.request().connection().close();
            }
        });
        context.next();
    }

    /** Reads on for a moment: closing on a sender that is still writing would take the answer away from it. */
    private static void closeGently(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (request.isEnded()) {
            request.connection().close();
            return;
        }
        long timer =
                context.vertx().setTimer(LINGER, ignored -> request.connection().close());
        request.connection().closeHandler(ignored -> context.vertx().cancelTimer(timer));
        request.exceptionHandler(ignored -> request.connection().close());
        request.handler(ignored -> {});
        request.endHandler(ignored -> request.connection().close());
        request.resume();
    }

    private void answer(RoutingContext context, ProblemException e) {
        Problem problem = e.problem();
        if (context.response().ended() || context.response().headWritten()) {
            return;
        }
        try {
            context.response()
                    .setStatusCode(problem.status())
                    .putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE)
                    .end(json.writeValueAsString(problem));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
