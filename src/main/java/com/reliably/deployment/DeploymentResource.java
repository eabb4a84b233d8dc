package com.reliably.deployment;

import com.reliably.access.CurrentCaller;
import com.reliably.access.Permit;
import com.reliably.access.Right;
import com.reliably.answer.LargeAnswer;
import com.reliably.web.CloneInput;
import com.reliably.web.Nothing;
import com.reliably.web.PageRequest;
import com.reliably.web.SearchPattern;
import io.smallrye.mutiny.Uni;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
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

/** Deployments over HTTP. */
@Path("/api/v1/organization/{org_id}/deployments")
@Tag(name = "Deployments", description = "Where and how plans are run")
class DeploymentResource {

    private final DeploymentService deployments;
    private final CurrentCaller caller;

    DeploymentResource(DeploymentService deployments, CurrentCaller caller) {
        this.deployments = deployments;
        this.caller = caller;
    }

    @GET
    @Permit(Right.READ)
    @Operation(operationId = "listDeployments", summary = "List deployments, by name")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = DeploymentPage.class)))
    public Uni<LargeAnswer> list(@PathParam("org_id") UUID orgId, @BeanParam PageRequest page) {
        return deployments.list(orgId, page);
    }

    @POST
    @ResponseStatus(201)
    @Permit(Right.WRITE)
    @Operation(operationId = "createDeployment", summary = "Create a deployment")
    public Uni<DeploymentView> create(@PathParam("org_id") UUID orgId, @NotNull @Valid DeploymentInput body) {
        return deployments.create(caller.get(), body);
    }

    @GET
    @Path("search")
    @Permit(Right.READ)
    @Operation(operationId = "searchDeployments", summary = "Search deployments by a part of their name")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = DeploymentPage.class)))
    public Uni<LargeAnswer> search(
            @PathParam("org_id") UUID orgId,
            @QueryParam("pattern") SearchPattern pattern,
            @BeanParam PageRequest page) {
        return deployments.search(orgId, SearchPattern.required(pattern), page);
    }

    @GET
    @Path("{dep_id}")
    @Permit(Right.READ)
    @Operation(operationId = "getDeployment", summary = "Get a deployment")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = DeploymentView.class)))
    public Uni<LargeAnswer> get(@PathParam("org_id") UUID orgId, @PathParam("dep_id") UUID id) {
        return deployments.get(orgId, id);
    }

    @PUT
    @Path("{dep_id}")
    @Permit(Right.WRITE)
    @Operation(
            operationId = "updateDeployment",
            summary = "Replace a deployment",
            description = "A secret that is sent as it was shown, masked, stays as it is.")
    public Uni<Nothing> update(
            @PathParam("org_id") UUID orgId, @PathParam("dep_id") UUID id, @NotNull @Valid DeploymentInput body) {
        return deployments.update(caller.get(), id, body).replaceWith(Nothing.NOTHING);
    }

    @DELETE
    @Path("{dep_id}")
    @Permit(Right.WRITE)
    @Operation(operationId = "deleteDeployment", summary = "Delete a deployment that no plan uses")
    public Uni<Nothing> delete(@PathParam("org_id") UUID orgId, @PathParam("dep_id") UUID id) {
        return deployments.delete(caller.get(), id).replaceWith(Nothing.NOTHING);
    }

    @POST
    @Path("{dep_id}/clone")
    @ResponseStatus(201)
    @Permit(Right.WRITE)
    @Operation(operationId = "cloneDeployment", summary = "Copy a deployment, its secrets included, under another name")
    public Uni<DeploymentView> clone(
            @PathParam("org_id") UUID orgId, @PathParam("dep_id") UUID id, @NotNull @Valid CloneInput body) {
        return deployments.clone(caller.get(), id, body.name());
    }

    @GET
    @Path("{dep_id}/plans")
    @Permit(Right.READ)
    @Operation(operationId = "listPlansOfDeployment", summary = "List the ids of the plans that use a deployment")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = UUID[].class)))
    public Uni<LargeAnswer> plans(@PathParam("org_id") UUID orgId, @PathParam("dep_id") UUID id) {
        return deployments.plans(orgId, id);
    }
}
