package com.reliably.execution;

import com.reliably.access.Permit;
import com.reliably.access.Right;
import com.reliably.web.Page;
import com.reliably.web.PageRequest;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Executions across experiments over HTTP. */
@Path("/api/v1/organization/{org_id}")
@Tag(name = "Executions")
class ExecutionListResource {

    private final ExecutionService executions;

    ExecutionListResource(ExecutionService executions) {
        this.executions = executions;
    }

    @GET
    @Path("executions")
    @Permit(Right.READ)
    @Operation(operationId = "listExecutions", summary = "List executions, latest first")
    public Uni<Page<ExecutionView>> list(
            @PathParam("org_id") UUID orgId, @BeanParam ExecutionFilter filter, @BeanParam PageRequest page) {
        return executions.matching(orgId, filter, page);
    }

    @GET
    @Path("plans/{plan_id}/executions")
    @Permit(Right.READ)
    @Operation(operationId = "listExecutionsOfPlan", summary = "List a plan's executions, latest first")
    public Uni<Page<ExecutionView>> ofPlan(
            @PathParam("org_id") UUID orgId, @PathParam("plan_id") UUID planId, @BeanParam PageRequest page) {
        return executions.ofPlan(orgId, planId, page);
    }
}
