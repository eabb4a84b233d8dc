package com.reliably.halt;

import com.reliably.access.CurrentCaller;
import com.reliably.access.Permit;
import com.reliably.access.Right;
import com.reliably.engine.EngineWakeUp;
import com.reliably.run.RunWakeUp;
import io.smallrye.mutiny.Uni;
import jakarta.validation.Valid;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The stop button over HTTP. */
@Path("/api/v1/organization/{org_id}/halt")
@Tag(name = "Halt", description = "The stop button of an organization")
class HaltResource {

    private final HaltService halts;
    private final RunWakeUp runs;
    private final EngineWakeUp engines;
    private final CurrentCaller caller;

    HaltResource(HaltService halts, RunWakeUp runs, EngineWakeUp engines, CurrentCaller caller) {
        this.halts = halts;
        this.runs = runs;
        this.engines = engines;
        this.caller = caller;
    }

    @GET
    @Permit(Right.READ)
    @Operation(operationId = "getHalt", summary = "Say whether the organization is halted")
    public Uni<HaltView> get(@PathParam("org_id") UUID orgId) {
        return halts.get(orgId);
    }

    @POST
    @Permit(Right.WRITE)
    @Operation(
            operationId = "haltOrganization",
            summary = "Stop everything of the organization, until it is released",
            description = "Every run is cancelled, executions that were started elsewhere are asked to terminate, and"
                    + " nothing new is started: requests for runs are answered with 409, fires of schedules are recorded"
                    + " as missed. Called again, it ends what has got away meanwhile; the first reason stays.")
    public Uni<HaltView> halt(@PathParam("org_id") UUID orgId, @Valid HaltInput body) {
        return halts.halt(caller.get(), body == null ? null : body.reason())
                .invoke(runs::look)
                .invoke(engines::look);
    }

    @DELETE
    @Permit(Right.WRITE)
    @Operation(
            operationId = "releaseOrganization",
            summary = "Let runs of the organization be started again",
            description = "What was cancelled stays so, and fires that were missed are not caught up with.")
    public Uni<HaltView> release(@PathParam("org_id") UUID orgId) {
        return halts.release(caller.get()).invoke(engines::look);
    }
}
