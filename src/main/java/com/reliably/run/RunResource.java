package com.reliably.run;

import com.reliably.access.CurrentCaller;
import com.reliably.access.Permit;
import com.reliably.access.Right;
import com.reliably.event.OpenStreams;
import com.reliably.web.Nothing;
import com.reliably.web.Page;
import com.reliably.web.PageRequest;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Runs over HTTP. */
@Path("/api/v1/organization/{org_id}")
@Tag(name = "Runs", description = "Attempts to carry out plans")
class RunResource {

    private final RunService runs;
    private final RunLogs logs;
    private final OpenStreams streams;
    private final RunWakeUp wakeUp;
    private final CurrentCaller caller;

    RunResource(RunService runs, RunLogs logs, OpenStreams streams, RunWakeUp wakeUp, CurrentCaller caller) {
        this.runs = runs;
        this.logs = logs;
        this.streams = streams;
        this.wakeUp = wakeUp;
        this.caller = caller;
    }

    @GET
    @Path("runs")
    @Permit(Right.READ)
    @Operation(operationId = "listRuns", summary = "List the runs of the organization, latest first")
    public Uni<Page<RunView>> list(
            @PathParam("org_id") UUID orgId, @BeanParam RunFilter filter, @BeanParam PageRequest page) {
        return runs.list(orgId, filter, page);
    }

    @GET
    @Path("plans/{plan_id}/runs")
    @Permit(Right.READ)
    @Operation(operationId = "listRunsOfPlan", summary = "List the runs of a plan, latest first")
    public Uni<Page<RunView>> ofPlan(
            @PathParam("org_id") UUID orgId, @PathParam("plan_id") UUID planId, @BeanParam PageRequest page) {
        return runs.listOfPlan(orgId, planId, page);
    }

    @GET
    @Path("runs/{run_id}")
    @Permit(Right.READ)
    @Operation(operationId = "getRun", summary = "Get a run and its history")
    public Uni<RunView> get(@PathParam("org_id") UUID orgId, @PathParam("run_id") UUID id) {
        return runs.get(orgId, id);
    }

    @GET
    @Path("runs/{run_id}/log")
    @Produces({"text/plain; charset=utf-8", MediaType.SERVER_SENT_EVENTS})
    @Permit(Right.READ)
    @Operation(
            operationId = "getRunLog",
            summary = "Get what a run has printed so far, or follow it",
            description =
                    "With `Accept: text/event-stream` an answer that goes on until the run has ended: an event for"
                            + " each line, and at last an event `end`, whose data is a `RunLogEnd` in JSON. A line that is too"
                            + " long comes in pieces, each an event `part`, which the next event continues. A client that comes"
                            + " back with the header `Last-Event-ID` gets what it has not got yet; after `end` that is a 204.")
    @APIResponse(
            responseCode = "200",
            description = "All that there is, or a stream of lines and a `RunLogEnd`",
            content = {
                @Content(mediaType = MediaType.TEXT_PLAIN, schema = @Schema(type = SchemaType.STRING)),
                @Content(
                        mediaType = MediaType.SERVER_SENT_EVENTS,
                        schema = @Schema(anyOf = {String.class, RunLogEnd.class}))
            })
    @APIResponse(responseCode = "204", description = "The client has got everything, the event `end` included")
    public Uni<Response> log(
            @PathParam("org_id") UUID orgId,
            @PathParam("run_id") UUID id,
            @Parameter(description = "The id of the last event that a client which follows has got")
                    @HeaderParam("Last-Event-ID")
                    String lastEventId,
            @Context HttpHeaders headers) {
        if (!OpenStreams.areWanted(headers)) {
            return logs.whole(orgId, id)
                    .map(log -> Response.ok(log, "text/plain; charset=utf-8").build());
        }
        streams.demandRoom();
        return logs.follow(orgId, id, lastEventId)
                .map(feed -> feed == null ? Response.noContent().build() : streams.answer(caller.get(), feed));
    }

    @POST
    @Path("runs/{run_id}/cancel")
    @Permit(Right.WRITE)
    @Operation(
            operationId = "cancelRun",
            summary = "Ask for the end of a run",
            description = "The experiment gets the time to roll back; then all of the run's processes are killed.")
    public Uni<Nothing> cancel(@PathParam("org_id") UUID orgId, @PathParam("run_id") UUID id) {
        return runs.cancel(caller.get(), id).invoke(wakeUp::look).replaceWith(Nothing.NOTHING);
    }
}
