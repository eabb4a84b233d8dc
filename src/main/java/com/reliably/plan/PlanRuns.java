package com.reliably.plan;

import com.reliably.run.RunChange;
import com.reliably.run.RunPlans;
import com.reliably.run.RunState;
import com.reliably.run.RunnablePlan;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.UUID;

/** What runs need of plans, and what plans learn from runs. */
@ApplicationScoped
class PlanRuns implements RunPlans {

    private final PlanRepository repository;

    PlanRuns(PlanRepository repository) {
        this.repository = repository;
    }

    @Override
    public Uni<RunnablePlan> runnable(UUID orgId, UUID planId) {
        return repository
                .find(orgId, planId)
                .map(plan -> plan == null
                        ? null
                        : new RunnablePlan(
                                plan.orgId,
                                plan.id,
                                plan.title,
                                plan.deploymentId,
                                plan.environmentId,
                                plan.timeoutSeconds == null ? null : Duration.ofSeconds(plan.timeoutSeconds),
                                plan.launchRetries));
    }

    @Override
    public Uni<Void> runChanged(RunChange change) {
        if (change.to() == RunState.MISSED) {
            return Uni.createFrom().voidItem();
        }
        return repository
                .lock(change.orgId(), change.planId())
                .onItem()
                .ifNotNull()
                .invoke(plan -> plan.set(new PlanStatusRule(plan.isCron())
                        .afterRun(plan.condition(), change.from(), change.to(), change.error())))
                .replaceWithVoid();
    }
}
