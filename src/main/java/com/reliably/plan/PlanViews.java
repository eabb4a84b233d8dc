package com.reliably.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.DeploymentService;
import com.reliably.engine.EngineScheduleService;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** Shows plans: gathers what belongs to them, with as many queries for a page as for one plan. */
@ApplicationScoped
class PlanViews {

    private final PlanRepository repository;
    private final DeploymentService deployments;
    private final ExecutionsOfPlans executions;
    private final EngineScheduleService engines;
    private final ManualCommand command;
    private final ObjectMapper json;

    PlanViews(
            PlanRepository repository,
            DeploymentService deployments,
            ExecutionsOfPlans executions,
            EngineScheduleService engines,
            ManualCommand command,
            ObjectMapper json) {
        this.repository = repository;
        this.deployments = deployments;
        this.executions = executions;
        this.engines = engines;
        this.command = command;
        this.json = json;
    }

    private record Gathered(
            Map<UUID, List<UUID>> experiments,
            Map<UUID, List<UUID>> integrations,
            Map<UUID, DeploymentDefinition> deployments,
            Map<UUID, PlanExecutions> executions,
            Map<UUID, String> troubles) {}

    /** The plan as it is shown. Joins the session of its caller. */
    Uni<PlanView> of(Plan plan) {
        return of(plan.orgId, List.of(plan)).map(views -> views.get(0));
    }

    /** Plans of one organisation as they are shown. Joins the session of its caller. */
    Uni<List<PlanView>> of(UUID orgId, List<Plan> plans) {
        if (plans.isEmpty()) {
            return Uni.createFrom().item(List.of());
        }
        return gather(orgId, plans)
                .map(gathered ->
                        plans.stream().map(plan -> view(plan, gathered)).toList());
    }

    /** What was stored of a plan as the user gave it. */
    PlanTerms termsOf(Plan plan) {
        try {
            return json.readValue(plan.definition, PlanTerms.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("The stored definition of plan " + plan.id + " is not readable", e);
        }
    }

    /** The environment that a plan names at its deployment's provider; null where none. */
    String providerEnvironment(Plan plan) {
        PlanEnvironment environment = termsOf(plan).environment();
        return environment == null ? null : environment.name();
    }

    /** What is stored of a plan as the user gave it. */
    String write(PlanTerms terms) {
        try {
            return json.writeValueAsString(terms);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("The terms of a plan cannot be written", e);
        }
    }

    private Uni<Gathered> gather(UUID orgId, List<Plan> plans) {
        Set<UUID> ids = plans.stream().map(plan -> plan.id).collect(Collectors.toSet());
        Set<UUID> deploymentIds = plans.stream().map(plan -> plan.deploymentId).collect(Collectors.toSet());
        // One after the other: a session does one thing at a time.
        return repository
                .experiments(ids)
                .chain(experiments -> repository.integrations(ids).chain(integrations -> deployments
                        .definitions(orgId, deploymentIds)
                        .chain(definitions -> executions
                                .executionsOfPlans(orgId, ids)
                                .chain(counts -> engines.troubles(orgId, keptByEngines(plans, definitions))
                                        .map(troubles -> new Gathered(
                                                experimentsByPlan(experiments),
                                                integrationsByPlan(integrations),
                                                definitions,
                                                counts,
                                                troubles))))));
    }

    private static Set<UUID> keptByEngines(List<Plan> plans, Map<UUID, DeploymentDefinition> deployments) {
        return plans.stream()
                .filter(plan -> PlanSchedules.isKept(plan, deployments.get(plan.deploymentId)))
                .map(plan -> plan.id)
                .collect(Collectors.toSet());
    }

    private static Map<UUID, List<UUID>> experimentsByPlan(List<PlanExperiment> rows) {
        return rows.stream()
                .collect(Collectors.groupingBy(
                        row -> row.planId,
                        LinkedHashMap::new,
                        Collectors.mapping(row -> row.experimentId, Collectors.toList())));
    }

    private static Map<UUID, List<UUID>> integrationsByPlan(List<PlanIntegration> rows) {
        return rows.stream()
                .collect(Collectors.groupingBy(
                        row -> row.planId,
                        LinkedHashMap::new,
                        Collectors.mapping(row -> row.integrationId, Collectors.toList())));
    }

    private PlanView view(Plan plan, Gathered gathered) {
        DeploymentDefinition deployment = gathered.deployments().get(plan.deploymentId);
        PlanTerms terms = termsOf(plan);
        PlanExecutions executed = gathered.executions().getOrDefault(plan.id, PlanExecutions.NONE);
        PlanDefinition definition = new PlanDefinition(
                plan.title,
                terms.environment(),
                new PlanDeployment(plan.deploymentId, deployment.typeName()),
                terms.schedule(),
                PlanPolicies.of(plan),
                gathered.integrations().getOrDefault(plan.id, List.of()),
                gathered.experiments().getOrDefault(plan.id, List.of()));
        return new PlanView(
                plan.id,
                plan.orgId,
                plan.createdAt,
                definition,
                plan.ref,
                PlanStatus.of(plan.status),
                plan.error == null ? gathered.troubles().get(plan.id) : plan.error,
                executed.count(),
                executed.last(),
                FireKeeper.isManual(deployment) ? command.of(plan.orgId, plan.id) : null);
    }
}
