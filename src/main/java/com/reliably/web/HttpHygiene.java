package com.reliably.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.problem.Problem;
import com.reliably.problem.ProblemException;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * What every response has in common: security headers, the exact content type that clients compare, no caching; and
 * the refusal of bodies that are too large, before they are read.
 */
@Singleton
public final class HttpHygiene {

    private static final String API = "/api/";
    /** Behind the routes of Quarkus REST, which have the order 10,000. */
    private static final int AFTER_EVERYTHING = 30_000;
    private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
    private static final CharSequence TEXT = HttpHeaders.createOptimized("text/plain; charset=utf-8");

    private final ObjectMapper json;
    private final long maxBodySize;

    HttpHygiene(
            ObjectMapper json,
            @ConfigProperty(name = "quarkus.http.limits.max-body-size")
                    io.quarkus.runtime.configuration.MemorySize maxBodySize) {
        this.json = json;
        this.maxBodySize = maxBodySize.asLongValue();
    }

    void install(@Observes Filters filters) {
        filters.register(this::headers, 1000);
        filters.register(this::refuseLargeBodies, 900);
    }

    void install(@Observes Router router) {
        router.errorHandler(400, context -> answer(context, ProblemException.badRequest("The request's address is malformed.")));
        router.errorHandler(413, this::answerTooLarge);
        // Unknown API paths answer like everything else below /api: with a problem document.
        router.route(API + "*").order(AFTER_EVERYTHING).handler(context -> answer(context, ProblemException.notFound("Not Found")));
    }

    private void headers(RoutingContext context) {
        boolean api = context.normalizedPath().startsWith(API);
        context.addHeadersEndHandler(ignored -> {
            MultiMap headers = context.response().headers();
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
        if (length != null && length.length() < 19 && length.chars().allMatch(Character::isDigit)
                && !length.isEmpty() && Long.parseLong(length) > maxBodySize) {
            answerTooLarge(context);
            return;
        }
        context.next();
    }

    private void answerTooLarge(RoutingContext context) {
        // The rest of the body is not read, so the connection cannot be used again.
        context.response().putHeader(HttpHeaders.CONNECTION, "close");
        answer(context, ProblemException.tooLarge("The request is larger than the " + maxBodySize
                + " bytes that this server accepts; the operator can raise QUARKUS_HTTP_LIMITS_MAX_BODY_SIZE."));
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
