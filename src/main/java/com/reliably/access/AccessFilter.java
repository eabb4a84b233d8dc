package com.reliably.access;

import com.reliably.problem.ProblemException;
import com.reliably.web.BodyOwner;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Decides whether a request is let in: a good token (401), bound to the organisation that the path names (403; 404 where
 * no such organisation exists), with the right that the endpoint demands (403). Runs before parameters are read, so
 * that a stranger learns nothing from their validation.
 */
@Singleton
public final class AccessFilter {

    private static final String SCHEME = "Bearer ";

    private final TokenAuthenticator tokens;
    private final OrganizationDirectory organizations;
    private final CurrentCaller current;
    private final Map<Method, Optional<Permit>> permits = new ConcurrentHashMap<>();

    AccessFilter(TokenAuthenticator tokens, OrganizationDirectory organizations, CurrentCaller current) {
        this.tokens = tokens;
        this.organizations = organizations;
        this.current = current;
    }

    @ServerRequestFilter(priority = Priorities.AUTHENTICATION)
    Uni<Response> letIn(ContainerRequestContext request, ResourceInfo endpoint) {
        Optional<Permit> permit = permitOf(endpoint.getResourceMethod());
        if (permit.isEmpty()) {
            return Uni.createFrom().nullItem();
        }
        return tokens.authenticate(bearerToken(request))
                .chain(caller ->
                        admit(caller, permit.get(), request.getUriInfo().getPathParameters()))
                .invoke(current::set)
                .invoke(caller -> request.setProperty(BodyOwner.PROPERTY, new BodyOwner(caller.orgId(), caller.id())))
                .replaceWith((Response) null);
    }

    private Optional<Permit> permitOf(Method method) {
        return permits.computeIfAbsent(method, m -> Optional.ofNullable(m.getAnnotation(Permit.class)));
    }

    private static String bearerToken(ContainerRequestContext request) {
        String header = request.getHeaderString(HttpHeaders.AUTHORIZATION);
        if (header == null || !header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            throw ProblemException.unauthorized("Send a token in the header 'Authorization: Bearer <token>'.");
        }
        return header.substring(SCHEME.length()).trim();
    }

    private Uni<Caller> admit(Caller caller, Permit permit, MultivaluedMap<String, String> path) {
        String orgId = path.getFirst("org_id");
        if (orgId != null && !orgId.equalsIgnoreCase(caller.orgId().toString())) {
            return refuseForeign(orgId);
        }
        if (caller.isRun()) {
            if (!permit.run() || !staysInside(caller.reach(), path)) {
                throw ProblemException.forbidden("This token can only do what the client that runs its plan does.");
            }
        } else if (!caller.right().covers(permit.value())) {
            throw ProblemException.forbidden("This needs a token with the right '" + permit.value()
                    + "'; this one has '" + caller.right() + "'.");
        }
        return Uni.createFrom().item(caller);
    }

    private Uni<Caller> refuseForeign(String orgId) {
        UUID id;
        try {
            id = UUID.fromString(orgId);
        } catch (IllegalArgumentException e) {
            throw ProblemException.notFound("No organization has this id.");
        }
        return organizations.exists(id).map(exists -> {
            if (exists) {
                throw ProblemException.forbidden("This token belongs to another organization.");
            }
            throw ProblemException.notFound("No organization has this id.");
        });
    }

    private static boolean staysInside(Reach reach, MultivaluedMap<String, String> path) {
        for (Map.Entry<String, List<String>> parameter : path.entrySet()) {
            for (String value : parameter.getValue()) {
                UUID id;
                try {
                    id = UUID.fromString(value);
                } catch (IllegalArgumentException e) {
                    return false;
                }
                if (!reach.includes(parameter.getKey(), id)) {
                    return false;
                }
            }
        }
        return true;
    }
}
