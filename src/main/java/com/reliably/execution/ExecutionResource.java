package com.reliably.execution;

import com.reliably.access.CurrentCaller;
import com.reliably.access.Permit;
import com.reliably.access.Right;
import com.reliably.answer.LargeAnswer;
import com.reliably.web.Nothing;
import com.reliably.web.Page;
import com.reliably.web.PageRequest;
import com.reliably.web.RawJson;
import io.smallrye.mutiny.Uni;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;

/** Executions of an experiment over HTTP: what clients report and users control. */
@Path("/api/v1/organization/{org_id}/experiments/{exp_id}/executions")
@Tag(name = "Executions", description = "What came of experiments: journals, logs, and the control of what runs")
class ExecutionResource {

    private final ExecutionService executions;
    private final CurrentCaller caller;

    ExecutionResource(ExecutionService executions, CurrentCaller caller) {
        this.executions = executions;
        this.caller = caller;
    }

    @GET
    @Permit(Right.READ)
    @Operation(operationId = "listExecutionsOfExperiment", summary = "List an experiment's executions, latest first")
    public Uni<Page<ExecutionView>> list(
            @PathParam("org_id") UUID orgId, @PathParam("exp_id") UUID experimentId, @BeanParam PageRequest page) {
        return executions.ofExperiment(orgId, experimentId, page);
    }

    @POST
    @ResponseStatus(201)
    @Permit(value = Right.WRITE, run = true)
    @Operation(operationId = "createExecution", summary = "Report that an experiment is being executed")
    public Uni<ExecutionView> create(
            @PathParam("org_id") UUID orgId,
            @PathParam("exp_id") UUID experimentId,
            @Parameter(
                            description =
                                    "With the token of a run: the same key again, with whatever report, does not create"
                                            + " another execution but answers with the one that there is. For a client that does not"
                                            + " know whether its report arrived.")
                    @HeaderParam("Idempotency-Key")
                    @Size(max = 255)
                    String idempotencyKey,
            @NotNull @Valid ExecutionReport body) {
        return executions.create(caller.get(), experimentId, idempotencyKey, body);
    }

    @GET
    @Path("{exec_id}")
    @Permit(Right.READ)
    @Operation(operationId = "getExecution", summary = "Get an execution with its journal")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ExecutionView.class)))
    public Uni<LargeAnswer> get(
            @PathParam("org_id") UUID orgId, @PathParam("exp_id") UUID experimentId, @PathParam("exec_id") UUID id) {
        return executions.get(caller.get(), experimentId, id);
    }

    @DELETE
    @Path("{exec_id}")
    @Permit(Right.WRITE)
    @Operation(
            operationId = "deleteExecution",
            summary = "Delete an execution",
            description = "That does not end the client that may still run it; put the state `terminate` for that.")
    public Uni<Nothing> delete(
            @PathParam("org_id") UUID orgId, @PathParam("exp_id") UUID experimentId, @PathParam("exec_id") UUID id) {
        return executions.delete(caller.get(), experimentId, id).replaceWith(Nothing.NOTHING);
    }

    @PUT
    @Path("{exec_id}/results")
    @Permit(value = Right.WRITE, run = true)
    @Operation(
            operationId = "replaceExecutionResults",
            summary = "Replace an execution's journal and log",
            description =
                    "What cannot be stored of a journal is repaired: NUL and halves of surrogate pairs become U+FFFD,"
                            + " numbers beyond all bounds become texts.")
    public Uni<Nothing> replaceResults(
            @PathParam("org_id") UUID orgId,
            @PathParam("exp_id") UUID experimentId,
            @PathParam("exec_id") UUID id,
            @NotNull @Valid ExecutionReport body) {
        return executions.replaceResults(caller.get(), experimentId, id, body).replaceWith(Nothing.NOTHING);
    }

    @GET
    @Path("{exec_id}/results")
    @Permit(Right.READ)
    @Operation(operationId = "getExecutionResults", summary = "Get an execution's journal")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content =
                    @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = RawJson.class)))
    public Uni<LargeAnswer> results(
            @PathParam("org_id") UUID orgId, @PathParam("exp_id") UUID experimentId, @PathParam("exec_id") UUID id) {
        return executions.results(caller.get(), experimentId, id);
    }

    @GET
    @Path("{exec_id}/log")
    @Permit(Right.READ)
    @Produces(MediaType.TEXT_PLAIN)
    @Operation(operationId = "getExecutionLog", summary = "Get the log that the client reported")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content = @Content(mediaType = MediaType.TEXT_PLAIN, schema = @Schema(type = SchemaType.STRING)))
    public Uni<LargeAnswer> log(
            @PathParam("org_id") UUID orgId, @PathParam("exp_id") UUID experimentId, @PathParam("exec_id") UUID id) {
        return executions.log(caller.get(), experimentId, id);
    }

    @PUT
    @Path("{exec_id}/state")
    @Permit(value = Right.WRITE, run = true)
    @Operation(
            operationId = "replaceExecutionState",
            summary = "Pause, resume or terminate an execution, or report on it",
            description =
                    "The client that runs the experiment looks at the state about every ten seconds. `finished` is"
                            + " final; putting the same once more changes nothing.")
    public Uni<Nothing> replaceState(
            @PathParam("org_id") UUID orgId,
            @PathParam("exp_id") UUID experimentId,
            @PathParam("exec_id") UUID id,
            @NotNull @Valid ExecutionState body) {
        return executions.replaceState(caller.get(), experimentId, id, body).replaceWith(Nothing.NOTHING);
    }

    @GET
    @Path("{exec_id}/state")
    @Permit(value = Right.READ, run = true)
    @Operation(operationId = "getExecutionState", summary = "Get an execution's state")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ExecutionState.class)))
    public Uni<RawJson> state(
            @PathParam("org_id") UUID orgId, @PathParam("exp_id") UUID experimentId, @PathParam("exec_id") UUID id) {
        return executions.state(caller.get(), experimentId, id);
    }
}
