package com.reliably.plan;

import com.reliably.run.RunChange;
import com.reliably.run.RunPlans;
import com.reliably.run.RunState;
import com.reliably.run.RunnablePlan;
import com.reliably.schedule.Overlap;
import com.reliably.secret.SecretMask;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

/** What runs need of plans, and what plans learn from runs. */
@ApplicationScoped
class PlanRuns implements RunPlans {

    private final PlanRepository repository;
    private final PlanViews views;
    private final PlanMaskService masks;

    PlanRuns(PlanRepository repository, PlanViews views, PlanMaskService masks) {
        this.repository = repository;
        this.views = views;
        this.masks = masks;
    }

    @Override
    public Uni<SecretMask> mask(UUID orgId, UUID planId) {
        return masks.of(orgId, planId);
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
                                views.providerEnvironment(plan),
                                plan.timeoutSeconds == null ? null : Duration.ofSeconds(plan.timeoutSeconds),
                                Overlap.of(plan.overlap),
                                plan.launchRetries));
    }

    @Override
    public Uni<Void> runWaits(UUID orgId, UUID planId, String why) {
        return repository
                .lock(orgId, planId)
                .onItem()
                .ifNotNull()
                .invoke(plan -> plan.set(new PlanStatusRule(plan.isCron()).whileWaiting(plan.condition(), why)))
                .replaceWithVoid();
    }

    @Override
    public Uni<Void> runsChanged(List<RunChange> changes) {
        return repository
                .lockAll(changes.stream().map(RunChange::planId).collect(Collectors.toSet()))
                .map(plans -> plans.stream()
                        .filter(plan -> plan.deletedAt == null)
                        .collect(Collectors.toMap(plan -> plan.id, plan -> plan)))
                .onItem()
                .transformToMulti(plans -> Multi.createFrom()
                        .iterable(changes)
                        .filter(change -> plans.containsKey(change.planId()))
                        .onItem()
                        .transformToUniAndConcatenate(change -> apply(change, plans.get(change.planId()))))
                .collect()
                .last()
                .replaceWithVoid();
    }

    private Uni<Plan> apply(RunChange change, Plan plan) {
        return otherRun(plan, change)
                .invoke(other -> plan.set(after(plan, change, other)))
                .replaceWith(plan);
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
                .transformToUni(plan -> apply(change, plan))
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
