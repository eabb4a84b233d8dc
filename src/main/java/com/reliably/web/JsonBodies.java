package com.reliably.web;

import com.reliably.problem.ProblemException;
import jakarta.inject.Singleton;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.MediaType;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Refuses bodies that are not JSON. Without this, JAX-RS makes what the endpoint takes of any text, by the constructor
 * that takes a String.
 */
@Singleton
public final class JsonBodies {

    @ServerRequestFilter
    void refuseOthers(ContainerRequestContext request) {
        MediaType type = request.getMediaType();
        if (type != null && request.getLength() != 0 && !MediaType.APPLICATION_JSON_TYPE.isCompatible(type)) {
            throw ProblemException.unsupportedMediaType("Unsupported Media Type: send application/json.");
        }
    }
}
