package com.reliably.plan;

import com.reliably.access.CurrentCaller;
import com.reliably.access.Permit;
import com.reliably.access.Right;
import com.reliably.engine.EngineWakeUp;
import com.reliably.problem.Fault;
import com.reliably.problem.ProblemException;
import com.reliably.run.RunWakeUp;
import com.reliably.web.Nothing;
import com.reliably.web.Page;
import com.reliably.web.PageRequest;
import com.reliably.web.SearchPattern;
import io.smallrye.mutiny.Uni;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;

/** Plans over HTTP. */
@Path("/api/v1/organization/{org_id}/plans")
@Tag(name = "Plans", description = "Which experiments are run, where, and when")
class PlanResource {

    private static final int MOST_FIRES = 100;

    private final PlanService plans;
    private final RunWakeUp runs;
    private final EngineWakeUp engines;
    private final CurrentCaller caller;

    PlanResource(PlanService plans, RunWakeUp runs, EngineWakeUp engines, CurrentCaller caller) {
        this.plans = plans;
        this.runs = runs;
        this.engines = engines;
        this.caller = caller;
    }

    @GET
    @Permit(Right.READ)
    @Operation(operationId = "listPlans", summary = "List plans, latest first")
    public Uni<Page<PlanView>> list(
            @PathParam("org_id") UUID orgId,
            @QueryParam("sort")
                    @DefaultValue("creation")
                    @Parameter(
                            description =
                                    "`creation`: latest first; `title`; `next`: the one that fires next first; `last`:"
                                            + " the one that was executed last first",
                            schema =
                                    @Schema(
                                            type = SchemaType.STRING,
                                            enumeration = {"creation", "title", "next", "last"},
                                            defaultValue = "creation"))
                    PlanSort sort,
            @BeanParam PageRequest page) {
        return plans.list(orgId, sort, page);
    }

    @POST
    @ResponseStatus(201)
    @Permit(Right.WRITE)
    @Operation(
            operationId = "createPlan",
            summary = "Create a plan",
            description =
                    "A plan with the schedule `now` is run at once, unless its deployment is one that this server does"
                            + " not start. One whose schedule an engine keeps is `creating` until the engine has it.")
    public Uni<PlanView> create(@PathParam("org_id") UUID orgId, @NotNull @Valid PlanInput body) {
        return plans.create(caller.get(), body).invoke(runs::look).invoke(engines::look);
    }

    @GET
    @Path("search")
    @Permit(Right.READ)
    @Operation(operationId = "searchPlans", summary = "Search plans by a part of their title")
    public Uni<Page<PlanView>> search(
            @PathParam("org_id") UUID orgId,
            @QueryParam("pattern") SearchPattern pattern,
            @BeanParam PageRequest page) {
        return plans.search(orgId, SearchPattern.required(pattern), page);
    }

    @GET
    @Path("{plan_id}")
    @Permit(value = Right.READ, run = true)
    @Operation(operationId = "getPlan", summary = "Get a plan")
    public Uni<PlanView> get(@PathParam("org_id") UUID orgId, @PathParam("plan_id") UUID id) {
        return plans.get(orgId, id);
    }

    @PUT
    @Path("{plan_id}")
    @Permit(Right.WRITE)
    @Operation(
            operationId = "updatePlan",
            summary = "Replace a plan",
            description = "A run that is under way keeps what it started with.")
    public Uni<Nothing> update(
            @PathParam("org_id") UUID orgId, @PathParam("plan_id") UUID id, @NotNull @Valid PlanInput body) {
        return plans.update(caller.get(), id, body).invoke(engines::look).replaceWith(Nothing.NOTHING);
    }

    @DELETE
    @Path("{plan_id}")
    @Permit(Right.WRITE)
    @Operation(
            operationId = "deletePlan",
            summary = "Delete a plan",
            description =
                    "Its runs are cancelled; its executions stay. Where an engine keeps its schedule, that is removed"
                            + " there after the answer, however long it takes.")
    public Uni<Nothing> delete(@PathParam("org_id") UUID orgId, @PathParam("plan_id") UUID id) {
        return plans.delete(caller.get(), id).invoke(engines::look).replaceWith(Nothing.NOTHING);
    }

    @PUT
    @Path("{plan_id}/status")
    @Permit(value = Right.WRITE, run = true)
    @Operation(
            operationId = "reportPlanStatus",
            summary = "Report how the run of a plan is doing",
            description = "For the client that carries the plan out.")
    public Uni<Acknowledgement> report(
            @PathParam("org_id") UUID orgId, @PathParam("plan_id") UUID id, @NotNull @Valid PlanStatusInput body) {
        return plans.report(orgId, id, body).replaceWith(new Acknowledgement(true));
    }

    @POST
    @Path("{plan_id}/run")
    @Permit(Right.WRITE)
    @Operation(
            operationId = "runPlan",
            summary = "Run a plan now",
            description = "For plans without a cron schedule. Refused while a run of the plan has not ended.")
    public Uni<Nothing> run(@PathParam("org_id") UUID orgId, @PathParam("plan_id") UUID id) {
        return plans.run(caller.get(), id).invoke(runs::look).replaceWith(Nothing.NOTHING);
    }

    @POST
    @Path("{plan_id}/suspend")
    @Permit(Right.WRITE)
    @Operation(
            operationId = "suspendPlan",
            summary = "Stop firing a cron plan",
            description =
                    "A run that is under way goes on. Where an engine keeps the schedule, the plan is `suspending`"
                            + " until the engine has done it.")
    public Uni<Nothing> suspend(@PathParam("org_id") UUID orgId, @PathParam("plan_id") UUID id) {
        return plans.suspend(caller.get(), id).invoke(engines::look).replaceWith(Nothing.NOTHING);
    }

    @POST
    @Path("{plan_id}/resume")
    @Permit(Right.WRITE)
    @Operation(
            operationId = "resumePlan",
            summary = "Fire a suspended cron plan again",
            description =
                    "What it would have fired meanwhile is not made up for. Where an engine keeps the schedule, the"
                            + " plan is `resuming` until the engine has done it.")
    public Uni<Nothing> resume(@PathParam("org_id") UUID orgId, @PathParam("plan_id") UUID id) {
        return plans.resume(caller.get(), id).invoke(engines::look).replaceWith(Nothing.NOTHING);
    }

    @GET
    @Path("{plan_id}/fires")
    @Permit(Right.READ)
    @Operation(operationId = "listPlanFires", summary = "List the next fires of a cron plan")
    public Uni<PlanFiresView> fires(
            @PathParam("org_id") UUID orgId,
            @PathParam("plan_id") UUID id,
            @QueryParam("limit")
                    @DefaultValue("10")
                    @Parameter(
                            description = "How many",
                            schema =
                                    @Schema(
                                            type = SchemaType.INTEGER,
                                            format = "int32",
                                            minimum = "1",
                                            maximum = "100",
                                            defaultValue = "10"))
                    int limit) {
        if (limit < 1 || limit > MOST_FIRES) {
            throw ProblemException.invalid(Fault.of(
                    limit < 1 ? "greater_than" : "less_than_equal",
                    List.of("query", "limit"),
                    "Input should be from 1 to " + MOST_FIRES,
                    limit));
        }
        return plans.fires(orgId, id, limit);
    }
}
