package com.reliably.deployment;

import com.reliably.answer.LargeAnswer;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Knows which plans use a deployment, and lets them know of its changes. Plans implement it, so that deployments know nothing of them. */
public interface PlansOfDeployment {

    /** The plans that use the deployment, latest first. Joins the session of its caller. */
    Uni<List<UUID>> plansOfDeployment(UUID orgId, UUID deploymentId);

    /** What its engine still has that needs it, for people; empty where nothing does. Joins the session of its caller. */
    Uni<Optional<String>> whyNeeded(UUID orgId, UUID deploymentId);

    /**
     * Tells the plans that use the deployment what it is now: who keeps their schedules may have changed. Joins the
     * transaction of the change; fails with a 400 where the deployment cannot become that.
     */
    Uni<Void> deploymentChanged(UUID orgId, UUID deploymentId, DeploymentDefinition definition);

    /** The ids of all of them, latest first, as a JSON array. Needs no session. */
    Uni<LargeAnswer> planIdsOfDeployment(UUID orgId, UUID deploymentId);
}
