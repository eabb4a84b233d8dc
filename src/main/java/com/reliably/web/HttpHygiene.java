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
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;

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

    private final ObjectMapper json;
    private final AllowedMethods methods;
    private final MalformedRequests malformed;
    private final long maxBodySize;

    HttpHygiene(
            ObjectMapper json,
            AllowedMethods methods,
            MalformedRequests malformed,
            @ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize maxBodySize) {
        this.json = json;
        this.methods = methods;
        this.malformed = malformed;
        this.maxBodySize = maxBodySize.asLongValue();
    }

    void install(@Observes Filters filters) {
        filters.register(this::headers, 1000);
        filters.register(this::refuseMalformed, 950);
        filters.register(this::refuseLargeBodies, 900);
    }

    void install(@Observes Router router) {
        router.errorHandler(
                400, context -> answer(context, ProblemException.badRequest("The request's address is malformed.")));
        router.errorHandler(413, context -> answer(context, BodyLimit.refusal(maxBodySize)));
        router.route(API + "*").order(BEFORE_REST).handler(this::refuseMethod);
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
            if (closesConnection(context)) {
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

    private static boolean closesConnection(RoutingContext context) {
        int status = context.response().getStatusCode();
        return (status == 413 || status == 408 || UnreadBodies.isUncertain(context))
                && context.request().version() != HttpVersion.HTTP_2;
    }

    private void refuseMalformed(RoutingContext context) {
        HttpServerRequest request = context.request();
        Optional<ProblemException> framing = malformed.framing(request);
        framing.ifPresent(ignored -> UnreadBodies.markUncertain(context));
        Optional<ProblemException> refusal = framing.or(() -> malformed.address(request));
        if (refusal.isPresent()) {
            answer(context, refusal.get());
            return;
        }
        if (!request.headers().contains(HttpHeaders.HOST) && request.version() != HttpVersion.HTTP_2) {
            // HTTP/1.0 does without, as load balancers that ask for health do.
            request.headers().set(HttpHeaders.HOST, "localhost");
        }
        context.next();
    }

    /** Before Quarkus REST, which would look for another path that has the method. */
    private void refuseMethod(RoutingContext context) {
        Set<String> known = methods.of(context.normalizedPath());
        String method = context.request().method().name();
        if (known.isEmpty() || known.contains(method)) {
            context.next();
        } else if (method.equals("OPTIONS")) {
            context.response()
                    .setStatusCode(204)
                    .putHeader(HttpHeaders.ALLOW, String.join(", ", known) + ", OPTIONS")
                    .end();
        } else {
            answer(context, ProblemException.methodNotAllowed("Method Not Allowed"));
        }
    }

    private void refuseLargeBodies(RoutingContext context) {
        String length = context.request().getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null
                && length.length() < 19
                && length.chars().allMatch(Character::isDigit)
                && !length.isEmpty()
                && Long.parseLong(length) > maxBodySize) {
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
        context.next();
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
