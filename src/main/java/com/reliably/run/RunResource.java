package com.reliably.run;

import com.reliably.access.CurrentCaller;
import com.reliably.access.Permit;
import com.reliably.access.Right;
import com.reliably.problem.Fault;
import com.reliably.problem.ProblemException;
import com.reliably.web.Nothing;
import com.reliably.web.Page;
import com.reliably.web.PageRequest;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Runs over HTTP. */
@Path("/api/v1/organization/{org_id}")
@Tag(name = "Runs", description = "Attempts to carry out plans")
class RunResource {

    private final RunService runs;
    private final CurrentCaller caller;

    RunResource(RunService runs, CurrentCaller caller) {
        this.runs = runs;
        this.caller = caller;
    }

    @GET
    @Path("runs")
    @Permit(Right.READ)
    @Operation(operationId = "listRuns", summary = "List the runs of the organization, latest first")
    public Uni<Page<RunView>> list(
            @PathParam("org_id") UUID orgId,
            @Parameter(description = "Only runs of this plan") @QueryParam("plan_id") UUID planId,
            @Parameter(description = "Only runs in this state", schema = @Schema(implementation = RunState.class))
                    @QueryParam("state")
                    String state,
            @BeanParam PageRequest page) {
        return runs.list(orgId, planId, stateOf(state), page);
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
    @Produces("text/plain; charset=utf-8")
    @Permit(Right.READ)
    @Operation(operationId = "getRunLog", summary = "Get what a run has printed so far")
    public Uni<String> log(@PathParam("org_id") UUID orgId, @PathParam("run_id") UUID id) {
        return runs.log(orgId, id);
    }

    @POST
    @Path("runs/{run_id}/cancel")
    @Permit(Right.WRITE)
    @Operation(
            operationId = "cancelRun",
            summary = "Ask for the end of a run",
            description = "The experiment gets the time to roll back; then all of the run's processes are killed.")
    public Uni<Nothing> cancel(@PathParam("org_id") UUID orgId, @PathParam("run_id") UUID id) {
        return runs.cancel(caller.get(), id).replaceWith(Nothing.NOTHING);
    }

    private static RunState stateOf(String name) {
        if (name == null) {
            return null;
        }
        List<RunState> states = Arrays.asList(RunState.values());
        return states.stream()
                .filter(state -> state.toString().equals(name))
                .findFirst()
                .orElseThrow(() -> ProblemException.invalid(
                        Fault.of("enum", List.of("query", "state"), "Input should be one of " + states, name)));
    }
}
