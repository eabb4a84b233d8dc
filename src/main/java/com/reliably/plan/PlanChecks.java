package com.reliably.plan;

import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.DeploymentService;
import com.reliably.deployment.GitHubDefinition;
import com.reliably.problem.Faults;
import com.reliably.schedule.CronSchedule;
import com.reliably.schedule.InvalidSchedule;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** Finds everything that is wrong with a plan before it is stored: the existing server accepts it and fails later. */
@ApplicationScoped
class PlanChecks {

    private final DeploymentService deployments;
    private final PlanParts parts;

    PlanChecks(DeploymentService deployments, PlanParts parts) {
        this.deployments = deployments;
        this.parts = parts;
    }

    /**
     * The plan, checked. Joins the session of its caller.
     *
     * @return fails with a 422 that names every member at fault
     */
    Uni<CheckedPlan> check(UUID orgId, PlanInput input) {
        Faults faults = Faults.inBody();
        Optional<CronSchedule> cron = schedule(input.schedule(), faults.at("schedule"));
        distinct(input.experiments(), faults, "experiments");
        distinct(input.integrations(), faults, "integrations");
        return experiments(orgId, input, faults)
                .chain(() -> integrations(orgId, input, faults))
                .chain(() -> environment(orgId, input.environment(), faults.at("environment")))
                .chain(() -> deployments.definition(orgId, input.deployment().deploymentId()))
                .invoke(definition -> deployment(input.deployment(), definition, faults.at("deployment")))
                .invoke(faults::throwIfAny)
                .map(definition -> new CheckedPlan(input, definition, cron));
    }

    private static Optional<CronSchedule> schedule(PlanSchedule schedule, Faults faults) {
        if (schedule.viaAgent()) {
            faults.reject(
                    "via_agent",
                    "Agents are not part of this server; leave this out, and use a deployment of the type"
                            + " 'reliably_cli' with the mode 'manual' to run the plan from elsewhere",
                    true);
        }
        if (!schedule.isCron()) {
            return Optional.empty();
        }
        if (schedule.pattern() == null) {
            faults.missing("pattern");
            return Optional.empty();
        }
        try {
            return Optional.of(CronSchedule.parse(schedule.pattern(), schedule.timezone()));
        } catch (InvalidSchedule e) {
            faults.reject(e.member(), e.getMessage(), e.input());
            return Optional.empty();
        }
    }

    private static void distinct(List<UUID> ids, Faults faults, String member) {
        Set<UUID> seen = new HashSet<>();
        for (int i = 0; i < ids.size(); i++) {
            UUID id = ids.get(i);
            if (id == null) {
                faults.at(member, i).reject(null, "Input should be a valid UUID");
            } else if (!seen.add(id)) {
                faults.at(member, i).reject(null, "It is in the list already", id);
            }
        }
    }

    private Uni<Void> experiments(UUID orgId, PlanInput input, Faults faults) {
        return parts.experiments(orgId, idsOf(input.experiments()))
                .invoke(known -> unknown(input.experiments(), known, faults, "experiments", "experiment"))
                .replaceWithVoid();
    }

    private Uni<Void> integrations(UUID orgId, PlanInput input, Faults faults) {
        return parts.environmentsOfIntegrations(orgId, idsOf(input.integrations()))
                .invoke(known -> unknown(input.integrations(), known.keySet(), faults, "integrations", "integration"))
                .replaceWithVoid();
    }

    private static void unknown(List<UUID> ids, Set<UUID> known, Faults faults, String member, String kind) {
        for (int i = 0; i < ids.size(); i++) {
            UUID id = ids.get(i);
            if (id != null && !known.contains(id)) {
                faults.at(member, i).reject(null, "No " + kind + " of this organization has this id", id);
            }
        }
    }

    private Uni<Void> environment(UUID orgId, PlanEnvironment environment, Faults faults) {
        if (environment == null) {
            return Uni.createFrom().voidItem();
        }
        if (environment.provider() == PlanEnvironment.Provider.GITHUB
                && (environment.name() == null || environment.name().isBlank())) {
            faults.missing("name");
        } else if (environment.name() != null) {
            GitHubDefinition.environmentFault(environment.name())
                    .ifPresent(m -> faults.reject("name", m, environment.name()));
        }
        if (environment.id() == null) {
            return Uni.createFrom().voidItem();
        }
        return parts.isEnvironment(orgId, environment.id())
                .invoke(exists -> {
                    if (!exists) {
                        faults.reject("id", "No environment of this organization has this id", environment.id());
                    }
                })
                .replaceWithVoid();
    }

    private static void deployment(PlanDeployment asked, DeploymentDefinition definition, Faults faults) {
        if (definition == null) {
            faults.reject("deployment_id", "No deployment of this organization has this id", asked.deploymentId());
        } else if (asked.deploymentType() != null && !asked.deploymentType().equals(definition.typeName())) {
            faults.reject(
                    "deployment_type",
                    "The deployment has the type '" + definition.typeName() + "'; give that, or leave it out",
                    asked.deploymentType());
        }
    }

    private static Set<UUID> idsOf(List<UUID> ids) {
        return ids.stream().filter(Objects::nonNull).collect(Collectors.toSet());
    }
}
