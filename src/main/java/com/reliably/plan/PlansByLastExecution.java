package com.reliably.plan;

import io.quarkus.hibernate.reactive.panache.PanacheQuery;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.UUID;

/** Plans in the order of their last executions; {@link PlanRepository} reaches them here. */
@ApplicationScoped
class PlansByLastExecution implements PanacheRepositoryBase<PlanLastExecution, UUID> {

    /** The one that was executed last first; those that never were last. */
    PanacheQuery<PlanLastExecution> inOrder(UUID orgId) {
        return find("orgId = ?1 order by lastExecutionAt desc nulls last, createdAt desc, id", orgId);
    }
}
