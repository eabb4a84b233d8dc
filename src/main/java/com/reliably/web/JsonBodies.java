package com.reliably.web;

import com.reliably.problem.ProblemException;
import jakarta.inject.Singleton;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.MediaType;
import java.util.Set;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Refuses bodies that are not JSON. Without this, JAX-RS makes what the endpoint takes of any text, by the constructor
 * that takes a String.
 */
@Singleton
public final class JsonBodies {

    private static final Set<String> WITHOUT_BODY =
            Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS, HttpMethod.DELETE);

    @ServerRequestFilter
    void refuseOthers(ContainerRequestContext request) {
        // Clients name a type on requests without a body, too.
        if (!WITHOUT_BODY.contains(request.getMethod()) && request.getLength() != 0 && !isJson(request)) {
            throw ProblemException.unsupportedMediaType("Unsupported Media Type: send application/json.");
        }
    }

    private static boolean isJson(ContainerRequestContext request) {
        try {
            MediaType type = request.getMediaType();
            return type == null || MediaType.APPLICATION_JSON_TYPE.isCompatible(type);
        } catch (IllegalArgumentException malformed) {
            return false;
        }
    }
}
