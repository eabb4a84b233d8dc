package com.reliably.plan;

import com.reliably.environment.EnvironmentService;
import com.reliably.experiment.ExperimentService;
import com.reliably.integration.IntegrationService;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Which of the things that a plan names exist. Every method joins the session of its caller. */
@ApplicationScoped
class PlanParts {

    private final ExperimentService experiments;
    private final EnvironmentService environments;
    private final IntegrationService integrations;

    PlanParts(ExperimentService experiments, EnvironmentService environments, IntegrationService integrations) {
        this.experiments = experiments;
        this.environments = environments;
        this.integrations = integrations;
    }

    /** Those of the ids that are experiments of the organisation. */
    Uni<Set<UUID>> experiments(UUID orgId, Set<UUID> ids) {
        return experiments.titles(orgId, ids).map(Map::keySet);
    }

    /** Whether the organisation has this environment. */
    Uni<Boolean> isEnvironment(UUID orgId, UUID id) {
        return environments.exists(orgId, id);
    }

    /** The integrations of the organisation among the ids, each with its environment. */
    Uni<Map<UUID, UUID>> environmentsOfIntegrations(UUID orgId, Set<UUID> ids) {
        return integrations.environmentsOf(orgId, ids);
    }
}
