package com.reliably.integration;

import com.reliably.access.CurrentCaller;
import com.reliably.access.Permit;
import com.reliably.access.Right;
import com.reliably.answer.LargeAnswer;
import com.reliably.web.Nothing;
import com.reliably.web.Page;
import com.reliably.web.PageRequest;
import com.reliably.web.SearchPattern;
import io.smallrye.mutiny.Uni;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;

/** Integrations over HTTP. */
@Path("/api/v1/organization/{org_id}/integrations")
@Tag(name = "Integrations", description = "What else takes part in runs: tracing, chat, checks, pauses")
class IntegrationResource {

    private final IntegrationService integrations;
    private final CurrentCaller caller;

    IntegrationResource(IntegrationService integrations, CurrentCaller caller) {
        this.integrations = integrations;
        this.caller = caller;
    }

    @GET
    @Permit(Right.READ)
    @Operation(operationId = "listIntegrations", summary = "List integrations, by name")
    public Uni<Page<IntegrationView>> list(@PathParam("org_id") UUID orgId, @BeanParam PageRequest page) {
        return integrations.list(orgId, page);
    }

    @POST
    @ResponseStatus(201)
    @Permit(Right.WRITE)
    @Operation(operationId = "createIntegration", summary = "Create an integration, with its environment")
    public Uni<IntegrationView> create(@PathParam("org_id") UUID orgId, @NotNull @Valid IntegrationInput body) {
        return integrations.create(caller.get(), body);
    }

    @GET
    @Path("search")
    @Permit(Right.READ)
    @Operation(operationId = "searchIntegrations", summary = "Search integrations by a part of their name")
    public Uni<Page<IntegrationView>> search(
            @PathParam("org_id") UUID orgId,
            @QueryParam("pattern") SearchPattern pattern,
            @BeanParam PageRequest page) {
        return integrations.search(orgId, SearchPattern.required(pattern), page);
    }

    @GET
    @Path("{integration_id}")
    @Permit(value = Right.READ, run = true)
    @Operation(operationId = "getIntegration", summary = "Get an integration")
    public Uni<IntegrationView> get(@PathParam("org_id") UUID orgId, @PathParam("integration_id") UUID id) {
        return integrations.get(orgId, id);
    }

    @GET
    @Path("{integration_id}/control")
    @Permit(value = Right.READ, run = true)
    @Operation(
            operationId = "getIntegrationControl",
            summary = "Get what an integration does in a run",
            description = "A Chaos Toolkit control, or `null` where nothing happens on the client's side.")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content =
                    @Content(
                            mediaType = "application/json",
                            schema = @Schema(anyOf = {IntegrationControl.class, Nothing.class})))
    public Uni<Object> control(@PathParam("org_id") UUID orgId, @PathParam("integration_id") UUID id) {
        return integrations.control(orgId, id).map(control -> control.isPresent() ? control.get() : Nothing.NOTHING);
    }

    @DELETE
    @Path("{integration_id}")
    @Permit(Right.WRITE)
    @Operation(
            operationId = "deleteIntegration",
            summary = "Delete an integration that no plan uses, with its environment")
    public Uni<Nothing> delete(@PathParam("org_id") UUID orgId, @PathParam("integration_id") UUID id) {
        return integrations.delete(caller.get(), id).replaceWith(Nothing.NOTHING);
    }

    @GET
    @Path("{integration_id}/plans")
    @Permit(Right.READ)
    @Operation(operationId = "listPlansOfIntegration", summary = "List the ids of the plans that use an integration")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = UUID[].class)))
    public Uni<LargeAnswer> plans(@PathParam("org_id") UUID orgId, @PathParam("integration_id") UUID id) {
        return integrations.plans(orgId, id);
    }
}
