package com.reliably.web;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.impl.HttpServerRequestInternal;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Set;

/**
 * Gives every request a name of few for metrics and traces, where Quarkus would take the path as it came: what has no
 * template (a path that does not exist, or not with this method) could fill the memory with names of strangers' making.
 * Endpoints overwrite it with the template of their path.
 */
@Singleton
final class RouteNames {

    /** Under which Quarkus REST, its metrics and its traces understand each other. */
    private static final String TEMPLATE = "UrlPathTemplate";

    private static final int FIRST = 2_000;

    /** Names of their own, because operators ask about these. */
    private static final Set<String> KEPT =
            Set.of("/q/metrics", "/q/health", "/q/health/live", "/q/health/ready", "/q/openapi");

    void install(@Observes Filters filters) {
        filters.register(this::name, FIRST);
    }

    private void name(RoutingContext context) {
        ((HttpServerRequestInternal) context.request())
                .context()
                .putLocal(TEMPLATE, nameOf(context.request().path()));
        context.next();
    }

    private static String nameOf(String path) {
        if (path == null) {
            return "/{other}";
        }
        if (KEPT.contains(path)) {
            return path;
        }
        if (path.startsWith("/api/")) {
            return "/api/{other}";
        }
        return path.startsWith("/q/") ? "/q/{other}" : "/{other}";
    }
}
