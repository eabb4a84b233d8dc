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
                .look(orgId, planId)
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
                .transformToUni(plan -> otherRun(plan, change).invoke(other -> plan.set(after(plan, change, other))))
                .replaceWithVoid();
    }

    /** How far another run of the plan is, where this one has ended and runs may overlap; else null. */
    private Uni<RunState> otherRun(Plan plan, RunChange change) {
        return change.to().isFinal() && PlanPolicies.of(plan).overlap() != Overlap.FORBID
                ? repository.furthestRunBut(plan.orgId, plan.id, change.runId())
                : Uni.createFrom().nullItem();
    }

    private static PlanCondition after(Plan plan, RunChange change, RunState other) {
        PlanStatusRule rule = new PlanStatusRule(plan.isCron());
        return other == null
                ? rule.afterRun(plan.condition(), change.from(), change.to(), change.error())
                : rule.afterRunBeside(plan.condition(), change.from(), change.to(), change.error(), other);
    }
}
