package com.reliably.access;

import com.reliably.web.Nothing;
import com.reliably.web.Page;
import com.reliably.web.PageRequest;
import io.smallrye.mutiny.Uni;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;

/** Tokens over HTTP. */
@Path("/api/v1/organization/{org_id}/tokens")
@Tag(name = "Tokens", description = "API tokens of an organization")
class TokenResource {

    private final TokenService tokens;
    private final CurrentCaller caller;

    TokenResource(TokenService tokens, CurrentCaller caller) {
        this.tokens = tokens;
        this.caller = caller;
    }

    @GET
    @Permit(Right.ADMIN)
    @Operation(operationId = "listTokens", summary = "List the tokens of the organization, masked")
    public Uni<Page<TokenView>> list(@PathParam("org_id") UUID orgId, @BeanParam PageRequest page) {
        return tokens.list(orgId, page);
    }

    @POST
    @ResponseStatus(201)
    @Permit(Right.ADMIN)
    @Operation(
            operationId = "createToken",
            summary = "Create a token",
            description = "The answer is the only time that the token is shown.")
    public Uni<TokenView> create(@PathParam("org_id") UUID orgId, @NotNull @Valid TokenInput body) {
        return tokens.create(caller.get(), body);
    }

    @GET
    @Path("{token_id}")
    @Permit(Right.ADMIN)
    @Operation(operationId = "getToken", summary = "Get a token, masked")
    public Uni<TokenView> get(@PathParam("org_id") UUID orgId, @PathParam("token_id") UUID id) {
        return tokens.get(orgId, id);
    }

    @DELETE
    @Path("{token_id}")
    @Permit(Right.ADMIN)
    @Operation(operationId = "revokeToken", summary = "Revoke a token, at once and for ever")
    public Uni<Nothing> revoke(@PathParam("org_id") UUID orgId, @PathParam("token_id") UUID id) {
        return tokens.revoke(caller.get(), id).replaceWith(Nothing.NOTHING);
    }
}
