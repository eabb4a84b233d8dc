package com.reliably.environment;

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
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;

/** Environments over HTTP. */
@Path("/api/v1/organization/{org_id}/environments")
@Tag(name = "Environments", description = "Variables and secrets that runs get")
class EnvironmentResource {

    private final EnvironmentService environments;
    private final CurrentCaller caller;

    EnvironmentResource(EnvironmentService environments, CurrentCaller caller) {
        this.environments = environments;
        this.caller = caller;
    }

    @GET
    @Permit(Right.READ)
    @Operation(operationId = "listEnvironments", summary = "List environments, by name, with masked secrets")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = EnvironmentPage.class)))
    public Uni<LargeAnswer> list(@PathParam("org_id") UUID orgId, @BeanParam PageRequest page) {
        return environments.list(orgId, page);
    }

    @POST
    @ResponseStatus(201)
    @Permit(Right.WRITE)
    @Operation(operationId = "createEnvironment", summary = "Create an environment")
    public Uni<EnvironmentView> create(@PathParam("org_id") UUID orgId, @NotNull @Valid EnvironmentInput body) {
        return environments.create(caller.get(), body);
    }

    @GET
    @Path("search")
    @Permit(Right.READ)
    @Operation(operationId = "searchEnvironments", summary = "Search environments by a part of their name")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = EnvironmentPage.class)))
    public Uni<LargeAnswer> search(
            @PathParam("org_id") UUID orgId,
            @QueryParam("pattern") SearchPattern pattern,
            @BeanParam PageRequest page) {
        return environments.search(orgId, SearchPattern.required(pattern), page);
    }

    @GET
    @Path("simple")
    @Permit(Right.READ)
    @Operation(operationId = "listEnvironmentNames", summary = "List ids and names of all environments, for a picker")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = SimpleEnvironment[].class)))
    public Uni<LargeAnswer> names(@PathParam("org_id") UUID orgId) {
        return environments.names(orgId);
    }

    @GET
    @Path("{env_id}")
    @Permit(Right.READ)
    @Operation(operationId = "getEnvironment", summary = "Get an environment, with masked secrets")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = EnvironmentView.class)))
    public Uni<LargeAnswer> get(@PathParam("org_id") UUID orgId, @PathParam("env_id") UUID id) {
        return environments.get(orgId, id);
    }

    @GET
    @Path("{env_id}/clear")
    @Permit(value = Right.ADMIN, run = true)
    @Operation(
            operationId = "getClearEnvironment",
            summary = "Get an environment, with secrets in clear",
            description =
                    "For runs and administrators; every call is audited. The Reliably CLI fails where a secret file"
                            + " belongs into a directory that is already there, so some files are shown in a directory of their"
                            + " own, with the values that name them changed alike: all of them to a run, and those of an"
                            + " integration; otherwise only those that would fail.")
    public Uni<EnvironmentView> clear(@PathParam("org_id") UUID orgId, @PathParam("env_id") UUID id) {
        return environments.clear(caller.get(), id);
    }

    @PUT
    @Path("{env_id}")
    @Permit(Right.WRITE)
    @Operation(
            operationId = "updateEnvironment",
            summary = "Replace an environment",
            description =
                    "A secret that is sent as it was shown, masked, keeps the value that is stored under its key.")
    public Uni<Nothing> update(
            @PathParam("org_id") UUID orgId, @PathParam("env_id") UUID id, @NotNull @Valid EnvironmentInput body) {
        return environments.update(caller.get(), id, body).replaceWith(Nothing.NOTHING);
    }

    @PUT
    @Path("{env_id}/set")
    @Permit(Right.WRITE)
    @Operation(
            operationId = "setInEnvironment",
            summary = "Add or replace one variable, secret or secret file",
            description = "A variable replaces the one of the same `var_name`, a secret the one of the same `key`.")
    public Uni<Nothing> set(
            @PathParam("org_id") UUID orgId, @PathParam("env_id") UUID id, @NotNull @Valid EnvironmentEntry body) {
        return environments.set(caller.get(), id, body).replaceWith(Nothing.NOTHING);
    }

    @DELETE
    @Path("{env_id}/remove/{key}")
    @Permit(Right.WRITE)
    @Operation(operationId = "removeFromEnvironment", summary = "Remove one variable or secret")
    public Uni<Nothing> remove(
            @PathParam("org_id") UUID orgId,
            @PathParam("env_id") UUID id,
            @Parameter(description = "The name of a variable, or else the key of a secret") @PathParam("key")
                    String key) {
        return environments.remove(caller.get(), id, key).replaceWith(Nothing.NOTHING);
    }

    @POST
    @Path("{env_id}/clone")
    @ResponseStatus(201)
    @Permit(Right.WRITE)
    @Operation(
            operationId = "cloneEnvironment",
            summary = "Copy an environment, its secrets included, under another name")
    public Uni<EnvironmentView> clone(
            @PathParam("org_id") UUID orgId, @PathParam("env_id") UUID id, @NotNull @Valid CloneInput body) {
        return environments.clone(caller.get(), id, body.name());
    }

    @DELETE
    @Path("{env_id}")
    @Permit(Right.WRITE)
    @Operation(operationId = "deleteEnvironment", summary = "Delete an environment that no plan or integration uses")
    public Uni<Nothing> delete(@PathParam("org_id") UUID orgId, @PathParam("env_id") UUID id) {
        return environments.delete(caller.get(), id).replaceWith(Nothing.NOTHING);
    }

    @GET
    @Path("{env_id}/plans")
    @Permit(Right.READ)
    @Operation(operationId = "listPlansOfEnvironment", summary = "List the ids of the plans that use an environment")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = UUID[].class)))
    public Uni<LargeAnswer> plans(@PathParam("org_id") UUID orgId, @PathParam("env_id") UUID id) {
        return environments.plans(orgId, id);
    }
}
