package com.reliably.plan;

import com.reliably.event.EventPlans;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** What others look up of plans. */
@ApplicationScoped
public class PlanDirectory implements EventPlans {

    private final PlanRepository repository;

    PlanDirectory(PlanRepository repository) {
        this.repository = repository;
    }

    /**
     * The experiments of a plan, in order. Joins the session of its caller, or opens one and closes it before it answers,
     * so that the caller may go on with a connection of its own.
     *
     * @return null where the organisation has no such plan, or has deleted it
     */
    @WithSession
    public Uni<List<UUID>> experimentsOf(UUID orgId, UUID planId) {
        return repository
                .find(orgId, planId)
                .chain(plan -> plan == null
                        ? Uni.createFrom().nullItem()
                        : repository.experiments(Set.of(planId)).map(rows -> rows.stream()
                                .map(row -> row.experimentId)
                                .toList()));
    }

    @Override
    @WithSession
    public Uni<Boolean> existed(UUID orgId, UUID planId) {
        return repository.count("orgId = ?1 and id = ?2", orgId, planId).map(count -> count > 0);
    }
}
