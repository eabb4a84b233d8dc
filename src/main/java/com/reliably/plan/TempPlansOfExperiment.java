package com.reliably.plan;

import com.reliably.experiment.PlansOfExperiment;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.UUID;

/** Until plans have a repository of their own. */
@ApplicationScoped
class TempPlansOfExperiment implements PlansOfExperiment {

    @Override
    public Uni<List<UUID>> plansOfExperiment(UUID orgId, UUID experimentId, String pattern) {
        return Panache.getSession()
                .chain(session -> session
                        .createNativeQuery("""
                                select cast(p.id as text) from plan p
                                where p.org_id = :org and p.deleted_at is null
                                and (cast(:pattern as text) is null or p.title ilike :pattern escape '\\')
                                and exists (select 1 from plan_experiment x where x.plan_id = p.id and x.experiment_id = :exp)
                                order by p.created_at desc, p.id""", String.class)
                        .setParameter("org", orgId)
                        .setParameter("exp", experimentId)
                        .setParameter("pattern", pattern)
                        .getResultList())
                .map(ids -> ids.stream().map(UUID::fromString).toList());
    }
}
