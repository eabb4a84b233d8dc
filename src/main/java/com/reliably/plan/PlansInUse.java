package com.reliably.plan;

import com.reliably.answer.LargeAnswer;
import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.PlansOfDeployment;
import com.reliably.engine.EngineScheduleService;
import com.reliably.environment.PlansOfEnvironment;
import com.reliably.experiment.PlansOfExperiment;
import com.reliably.integration.PlansOfIntegration;
import com.reliably.problem.ProblemException;
import io.smallrye.mutiny.Multi;
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
    private final PlanIds ids;
    private final PlanSchedules schedules;
    private final EngineScheduleService engines;

    PlansInUse(PlanRepository repository, PlanIds ids, PlanSchedules schedules, EngineScheduleService engines) {
        this.repository = repository;
        this.ids = ids;
        this.schedules = schedules;
        this.engines = engines;
    }

    @Override
    public Uni<List<UUID>> plansOfDeployment(UUID orgId, UUID deploymentId) {
        return repository.idsWithDeployment(orgId, deploymentId);
    }

    @Override
    public Uni<Void> deploymentChanged(UUID orgId, UUID deploymentId, DeploymentDefinition definition) {
        return engines.atDeployment(orgId, deploymentId)
                .invoke(there -> refuseOtherType(there, definition.typeName()))
                .chain(repository::now)
                .chain(now -> repository
                        .lockCronWithDeployment(orgId, deploymentId)
                        .invoke(plans -> plans.forEach(plan -> keepFiring(plan, definition, now))))
                .chain(plans -> Multi.createFrom()
                        .iterable(plans)
                        .onItem()
                        .transformToUniAndConcatenate(plan -> schedules.bringInStep(plan, definition))
                        .collect()
                        .last())
                .chain(() -> engines.refreshAt(orgId, deploymentId));
    }

    /** They could not be removed any more: what is needed to reach their engine would be gone. */
    private static void refuseOtherType(List<EngineScheduleService.AtDeployment> there, String type) {
        long others = there.stream().filter(one -> !one.type().equals(type)).count();
        if (others > 0) {
            throw ProblemException.badRequest("This deployment cannot become one of the type '" + type + "': its engine"
                    + " has the schedules of " + others + " plan(s). Give them another deployment, or delete them,"
                    + " first." + why(there));
        }
    }

    @Override
    public Uni<Optional<String>> whyNeeded(UUID orgId, UUID deploymentId) {
        return engines.atDeployment(orgId, deploymentId)
                .map(there -> there.isEmpty()
                        ? Optional.empty()
                        : Optional.of("what its engine has of " + there.size() + " plan(s), schedules and workflows, is"
                                + " still to be removed, for which its credentials are needed; that is tried until it"
                                + " succeeds." + why(there)));
    }

    private static String why(List<EngineScheduleService.AtDeployment> there) {
        return there.stream()
                .filter(one -> one.error() != null)
                .findFirst()
                .map(one -> " Plan " + one.planId() + ": " + one.error())
                .orElse("");
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
    public Uni<Void> environmentChanged(UUID orgId, UUID environmentId) {
        return repository.idsWithEnvironment(orgId, environmentId).chain(plans -> engines.refresh(orgId, plans));
    }

    @Override
    public Uni<List<UUID>> plansOfExperiment(UUID orgId, UUID experimentId, String pattern) {
        return repository.idsWithExperiment(orgId, experimentId, pattern);
    }

    @Override
    public Uni<List<UUID>> plansOfIntegration(UUID orgId, UUID integrationId) {
        return repository.idsWithIntegration(orgId, integrationId);
    }

    @Override
    public Uni<LargeAnswer> planIdsOfDeployment(UUID orgId, UUID deploymentId) {
        return ids.of(PlanIds.Use.DEPLOYMENT, orgId, deploymentId, null);
    }

    @Override
    public Uni<LargeAnswer> planIdsOfEnvironment(UUID orgId, UUID environmentId) {
        return ids.of(PlanIds.Use.ENVIRONMENT, orgId, environmentId, null);
    }

    @Override
    public Uni<LargeAnswer> planIdsOfIntegration(UUID orgId, UUID integrationId) {
        return ids.of(PlanIds.Use.INTEGRATION, orgId, integrationId, null);
    }

    @Override
    public Uni<LargeAnswer> planIdsOfExperiment(UUID orgId, UUID experimentId, String pattern) {
        return ids.of(PlanIds.Use.EXPERIMENT, orgId, experimentId, pattern);
    }
}
