package com.reliably.plan;

import com.reliably.deployment.PlansOfDeployment;
import com.reliably.environment.PlansOfEnvironment;
import com.reliably.experiment.PlansOfExperiment;
import com.reliably.integration.PlansOfIntegration;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.UUID;

/** Tells other features which plans use their things. */
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
