package com.reliably.plan;

import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.PlansOfDeployment;
import com.reliably.environment.PlansOfEnvironment;
import com.reliably.experiment.PlansOfExperiment;
import com.reliably.integration.PlansOfIntegration;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Tells other features which plans use their things, and plans what became of these. */
@ApplicationScoped
class PlansInUse implements PlansOfDeployment, PlansOfEnvironment, PlansOfExperiment, PlansOfIntegration {

    private final PlanRepository repository;

    PlansInUse(PlanRepository repository) {
        this.repository = repository;
    }

    @Override
    public Uni<List<UUID>> plansOfDeployment(UUID orgId, UUID deploymentId) {
        return repository.idsWithDeployment(orgId, deploymentId);
    }

    @Override
    public Uni<Void> deploymentChanged(UUID orgId, UUID deploymentId, DeploymentDefinition definition) {
        return repository.now().chain(now -> repository
                .lockCronWithDeployment(orgId, deploymentId)
                .invoke(plans -> plans.forEach(plan -> keepFiring(plan, definition, now)))
                .replaceWithVoid());
    }

    /**
     * A plan that was ours to fire and still is keeps its next fire: it may be due this moment. One that no longer is keeps
     * a fire that is due, which is recorded as missed.
     */
    private static void keepFiring(Plan plan, DeploymentDefinition deployment, Instant now) {
        Optional<Instant> next = plan.nextFire(deployment, now);
        if (plan.nextFireAt == null || next.isEmpty() && !plan.isDue(now)) {
            plan.nextFireAt = next.orElse(null);
        }
    }

    @Override
    public Uni<List<UUID>> plansOfEnvironment(UUID orgId, UUID environmentId) {
        return repository.idsWithEnvironment(orgId, environmentId);
    }

    @Override
    public Uni<List<UUID>> plansOfExperiment(UUID orgId, UUID experimentId, String pattern) {
        return repository.idsWithExperiment(orgId, experimentId, pattern);
    }

    @Override
    public Uni<List<UUID>> plansOfIntegration(UUID orgId, UUID integrationId) {
        return repository.idsWithIntegration(orgId, integrationId);
    }
}
