package com.reliably.plan;

import io.smallrye.mutiny.Uni;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Knows what came of plans. Executions implement it, so that plans know nothing of how they are kept. */
public interface ExecutionsOfPlans {

    /**
     * What came of each of the plans; one without executions may be left out. Joins the session of its caller.
     *
     * @param planIds at most a page of plans
     */
    Uni<Map<UUID, PlanExecutions>> executionsOfPlans(UUID orgId, Set<UUID> planIds);
}
