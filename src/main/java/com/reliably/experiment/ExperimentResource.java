package com.reliably.experiment;

import com.reliably.access.CurrentCaller;
import com.reliably.access.Permit;
import com.reliably.access.Right;
import com.reliably.answer.LargeAnswer;
import com.reliably.web.Nothing;
import com.reliably.web.Page;
import com.reliably.web.PageRequest;
import com.reliably.web.RawJson;
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

/** Experiments over HTTP. */
@Path("/api/v1/organization/{org_id}/experiments")
@Tag(name = "Experiments", description = "What is run: Chaos Toolkit experiments")
class ExperimentResource {

    private final ExperimentService experiments;
    private final CurrentCaller caller;

    ExperimentResource(ExperimentService experiments, CurrentCaller caller) {
        this.experiments = experiments;
        this.caller = caller;
    }

    @GET
    @Permit(Right.READ)
    @Operation(operationId = "listExperiments", summary = "List experiments, by title")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ExperimentPage.class)))
    public Uni<LargeAnswer> list(@PathParam("org_id") UUID orgId, @BeanParam PageRequest page) {
        return experiments.list(orgId, page);
    }

    @POST
    @ResponseStatus(201)
    @Permit(Right.WRITE)
    @Operation(
            operationId = "createExperiment",
            summary = "Create an experiment",
            description = "The control by which a run reports to this server is added to it.")
    public Uni<ExperimentView> create(@PathParam("org_id") UUID orgId, @NotNull @Valid ExperimentInput body) {
        return experiments.create(caller.get(), body);
    }

    @POST
    @Path("import")
    @ResponseStatus(201)
    @Permit(Right.WRITE)
    @Operation(
            operationId = "importExperiment",
            summary = "Create an experiment from a file's content, JSON or YAML",
            description = "YAML may have anchors and aliases, but no tags; dates stay texts.")
    public Uni<ExperimentView> importDocument(
            @PathParam("org_id") UUID orgId, @NotNull @Valid ExperimentDocument body) {
        return experiments.importDocument(caller.get(), body);
    }

    @GET
    @Path("search")
    @Permit(Right.READ)
    @Operation(operationId = "searchExperiments", summary = "Search experiments by a part of their title")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ExperimentPage.class)))
    public Uni<LargeAnswer> search(
            @PathParam("org_id") UUID orgId,
            @QueryParam("pattern") SearchPattern pattern,
            @BeanParam PageRequest page) {
        return experiments.search(orgId, SearchPattern.required(pattern), page);
    }

    @GET
    @Path("summary")
    @Permit(Right.READ)
    @Operation(
            operationId = "summarizeExperiments",
            summary = "List how experiments fare",
            description = "All of them, or those with the pattern in their title.")
    public Uni<Page<ExperimentSummary>> summary(
            @PathParam("org_id") UUID orgId,
            @QueryParam("pattern") SearchPattern pattern,
            @BeanParam PageRequest page) {
        return experiments.summaries(orgId, SearchPattern.optional(pattern), page);
    }

    @GET
    @Path("all")
    @Permit(Right.READ)
    @Operation(operationId = "listAllExperiments", summary = "List the ids and titles of all experiments, unpaged")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ExperimentBasics.class)))
    public Uni<LargeAnswer> all(@PathParam("org_id") UUID orgId) {
        return experiments.all(orgId);
    }

    @GET
    @Path("{exp_id}")
    @Permit(Right.READ)
    @Operation(operationId = "getExperiment", summary = "Get an experiment")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ExperimentView.class)))
    public Uni<LargeAnswer> get(@PathParam("org_id") UUID orgId, @PathParam("exp_id") UUID id) {
        return experiments.get(orgId, id);
    }

    @GET
    @Path("{exp_id}/raw")
    @Permit(value = Right.READ, run = true)
    @Operation(operationId = "getRawExperiment", summary = "Get the bare experiment, as the Chaos Toolkit runs it")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content =
                    @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = RawJson.class)))
    public Uni<LargeAnswer> raw(@PathParam("org_id") UUID orgId, @PathParam("exp_id") UUID id) {
        return experiments.raw(orgId, id);
    }

    @PUT
    @Path("{exp_id}")
    @Permit(Right.WRITE)
    @Operation(operationId = "updateExperiment", summary = "Replace an experiment, from JSON or YAML")
    public Uni<ExperimentView> update(
            @PathParam("org_id") UUID orgId, @PathParam("exp_id") UUID id, @NotNull @Valid ExperimentDocument body) {
        return experiments.update(caller.get(), id, body);
    }

    @DELETE
    @Path("{exp_id}")
    @Permit(Right.WRITE)
    @Operation(operationId = "deleteExperiment", summary = "Delete an experiment that no plan uses, and its executions")
    public Uni<Nothing> delete(@PathParam("org_id") UUID orgId, @PathParam("exp_id") UUID id) {
        return experiments.delete(caller.get(), id).replaceWith(Nothing.NOTHING);
    }

    @GET
    @Path("{exp_id}/plans")
    @Permit(Right.READ)
    @Operation(
            operationId = "listPlansOfExperiment",
            summary = "List the ids of the plans that use an experiment",
            description = "All of them, or those with the pattern in their title.")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = UUID[].class)))
    public Uni<LargeAnswer> plans(
            @PathParam("org_id") UUID orgId,
            @PathParam("exp_id") UUID id,
            @QueryParam("pattern") SearchPattern pattern) {
        return experiments.plans(orgId, id, SearchPattern.optional(pattern));
    }
}
