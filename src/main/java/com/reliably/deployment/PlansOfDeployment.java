package com.reliably.deployment;

import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.UUID;

/** Knows which plans use a deployment. Plans implement it, so that deployments know nothing of them. */
public interface PlansOfDeployment {

    /** The plans that use the deployment, latest first. Joins the session of its caller. */
    Uni<List<UUID>> plansOfDeployment(UUID orgId, UUID deploymentId);
}
