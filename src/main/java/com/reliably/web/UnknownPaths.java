package com.reliably.web;

import com.reliably.problem.ProblemException;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.Set;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Tells a path that does not exist (404) from one that has no such method (405). */
public final class UnknownPaths {

    private final AllowedMethods methods;

    UnknownPaths(AllowedMethods methods) {
        this.methods = methods;
    }

    @ServerExceptionMapper
    Response map(NotFoundException e, UriInfo uri, Request request) {
        Set<String> allowed = methods.of(uri.getPath());
        ProblemException answer = allowed.isEmpty() || allowed.contains(request.getMethod())
                ? ProblemException.notFound("Not Found")
                : ProblemException.methodNotAllowed("Method Not Allowed");
        return answer.problem().toResponse();
    }
}
