package com.reliably.check;

import com.reliably.access.CurrentCaller;
import com.reliably.access.Permit;
import com.reliably.access.Right;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Checks of deployments over HTTP. */
@Path("/api/v1/organization/{org_id}/deployments/{dep_id}/check")
@Tag(name = "Deployments", description = "Where and how plans are run")
class CheckResource {

    private final CheckService checks;
    private final CurrentCaller caller;

    CheckResource(CheckService checks, CurrentCaller caller) {
        this.checks = checks;
        this.caller = caller;
    }

    @POST
    @Permit(Right.WRITE)
    @Operation(
            operationId = "checkDeployment",
            summary = "Look for what would stop a run with a deployment",
            description =
                    "Tries what a run needs, with the deployment's credentials, and says what to do about what fails."
                            + " Starts no experiment and leaves nothing behind. It can take a minute or two.")
    public Uni<DeploymentCheck> check(@PathParam("org_id") UUID orgId, @PathParam("dep_id") UUID id) {
        return checks.check(caller.get(), id);
    }
}
