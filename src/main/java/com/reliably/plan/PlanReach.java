package com.reliably.plan;

import com.reliably.access.Reach;
import com.reliably.access.ReachSource;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** Tells access what the client of a plan has to see: the plan, and what it names. */
@ApplicationScoped
class PlanReach implements ReachSource {

    private final PlanRepository repository;
    private final PlanParts parts;

    PlanReach(PlanRepository repository, PlanParts parts) {
        this.repository = repository;
        this.parts = parts;
    }

    @Override
    @WithSession
    public Uni<Reach> reachOf(UUID orgId, UUID planId) {
        return repository
                .find(orgId, planId)
                .chain(plan -> plan == null ? Uni.createFrom().nullItem() : reachOf(plan));
    }

    private Uni<Reach> reachOf(Plan plan) {
        return repository.experiments(Set.of(plan.id)).chain(experiments -> repository
                .integrations(Set.of(plan.id))
                .map(PlanReach::idsOf)
                .chain(integrations -> parts.environmentsOfIntegrations(plan.orgId, integrations)
                        .map(environments -> reach(plan, experiments, environments))));
    }

    private static Set<UUID> idsOf(List<PlanIntegration> integrations) {
        return integrations.stream().map(row -> row.integrationId).collect(Collectors.toSet());
    }

    private static Reach reach(
            Plan plan, List<PlanExperiment> experiments, Map<UUID, UUID> environmentsOfIntegrations) {
        Set<UUID> experimentIds =
                experiments.stream().map(row -> row.experimentId).collect(Collectors.toSet());
        Set<UUID> environmentIds = new HashSet<>(environmentsOfIntegrations.values());
        if (plan.environmentId != null) {
            environmentIds.add(plan.environmentId);
        }
        return new Reach(
                plan.id, experimentIds, Set.copyOf(environmentIds), Set.copyOf(environmentsOfIntegrations.keySet()));
    }
}
