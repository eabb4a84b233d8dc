package com.reliably.check;

import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.DeploymentService;
import com.reliably.deployment.PlansOfDeployment;
import com.reliably.organization.ConcernedPlan;
import com.reliably.organization.SecondOrganizationImpact;
import com.reliably.runner.Runners;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Plans with deployments that runners refuse once several organisations share the server. */
@ApplicationScoped
class RefusedPlans implements SecondOrganizationImpact {

    private final DeploymentService deployments;
    private final PlansOfDeployment plans;
    private final Runners runners;

    RefusedPlans(DeploymentService deployments, PlansOfDeployment plans, Runners runners) {
        this.deployments = deployments;
        this.plans = plans;
        this.runners = runners;
    }

    @Override
    public Uni<List<ConcernedPlan>> concernedPlans(UUID orgId) {
        return deployments.definitions(orgId).chain(all -> Multi.createFrom()
                .iterable(all.entrySet())
                .onItem()
                .transformToUniAndConcatenate(deployment -> concerned(orgId, deployment))
                .onItem()
                .<ConcernedPlan>disjoint()
                .collect()
                .asList());
    }

    private Uni<List<ConcernedPlan>> concerned(UUID orgId, Map.Entry<UUID, DeploymentDefinition> deployment) {
        Optional<String> reason =
                runners.of(deployment.getValue()).flatMap(runner -> runner.refusalBesideOthers(deployment.getValue()));
        return reason.isEmpty()
                ? Uni.createFrom().item(List.of())
                : plans.plansOfDeployment(orgId, deployment.getKey()).map(ids -> ids.stream()
                        .map(id -> new ConcernedPlan(orgId, id, reason.get()))
                        .toList());
    }
}
