package com.reliably.plan;

import com.reliably.deployment.DeploymentDefinition;
import com.reliably.engine.EngineScheduleService;
import com.reliably.engine.PlannedSchedule;
import com.reliably.engine.ScheduleNews;
import com.reliably.engine.SchedulePlans;
import com.reliably.schedule.CatchUp;
import com.reliably.schedule.ScheduleSettings;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/** What engines are asked to keep of plans, and what plans learn of it. */
@ApplicationScoped
class PlanSchedules implements SchedulePlans {

    private final PlanRepository repository;
    private final PlanViews views;
    private final EngineScheduleService engines;
    private final Duration window;

    PlanSchedules(
            PlanRepository repository, PlanViews views, EngineScheduleService engines, ScheduleSettings settings) {
        this.repository = repository;
        this.views = views;
        this.engines = engines;
        this.window = settings.catchUpWindow();
    }

    /** Whether an engine keeps the schedule of a plan with this deployment. */
    static boolean isKept(Plan plan, DeploymentDefinition deployment) {
        return plan.isCron() && FireKeeper.of(deployment) == FireKeeper.ENGINE;
    }

    /**
     * Has the engine of the plan's deployment keep its schedule as it is now, or no engine, where that is not how it is. The
     * plan is stored, and locked. Joins the transaction of its caller.
     */
    Uni<Void> bringInStep(Plan plan, DeploymentDefinition deployment) {
        return isKept(plan, deployment)
                ? engines.keep(plan.orgId, plan.id, plan.deploymentId, deployment.typeName(), plan.isSuspended())
                : engines.remove(plan.orgId, plan.id).replaceWithVoid();
    }

    /**
     * Has everything of a plan that is deleted removed from its engine. Joins the transaction of its caller.
     *
     * @param deployment of the plan; null where it has none any more
     * @return whether there was anything
     */
    Uni<Boolean> removeOf(Plan plan, DeploymentDefinition deployment) {
        return clear(plan, plan.deploymentId, deployment)
                .chain(cleared -> engines.remove(plan.orgId, plan.id).map(removed -> cleared || removed));
    }

    /**
     * Has removed what a plan that no engine keeps has left at a deployment that it has no more. Joins the transaction of its
     * caller.
     *
     * @return whether there is anything
     */
    Uni<Boolean> clear(Plan plan, UUID deploymentId, DeploymentDefinition deployment) {
        return deployment == null
                ? Uni.createFrom().item(false)
                : engines.clear(plan.orgId, plan.id, deploymentId, deployment.typeName());
    }

    /** The plans of an organisation, locked, whose engine should be starting what is due. */
    Uni<List<Plan>> lockInstalled(UUID orgId) {
        return engines.installed(orgId)
                .chain(ids -> ids.isEmpty()
                        ? Uni.createFrom().item(List.of())
                        : repository.lockAll(ids).map(plans -> plans.stream()
                                .filter(plan -> plan.deletedAt == null)
                                .toList()));
    }

    @Override
    public Uni<PlannedSchedule> scheduleOf(UUID orgId, UUID planId) {
        return repository
                .findEver(orgId, planId)
                .map(plan -> plan == null
                        ? null
                        : new PlannedSchedule(
                                plan.cronPattern,
                                plan.cronTimezone,
                                PlanPolicies.of(plan).overlap(),
                                windowOf(plan),
                                plan.timeoutSeconds == null ? null : Duration.ofSeconds(plan.timeoutSeconds),
                                plan.environmentId,
                                views.providerEnvironment(plan)));
    }

    private Duration windowOf(Plan plan) {
        PlanPolicies policies = PlanPolicies.of(plan);
        if (policies.catchUp() == CatchUp.NONE) {
            return Duration.ZERO;
        }
        return policies.catchUpWindowSeconds() == null ? window : Duration.ofSeconds(policies.catchUpWindowSeconds());
    }

    @Override
    public Uni<Void> lock(UUID orgId, UUID planId) {
        return repository.lockEver(orgId, planId).replaceWithVoid();
    }

    @Override
    public Uni<Void> tell(UUID orgId, UUID planId, ScheduleNews news) {
        return repository
                .lockEver(orgId, planId)
                .onItem()
                .ifNotNull()
                .invoke(plan -> plan.set(after(plan, news)))
                .replaceWithVoid();
    }

    private static PlanCondition after(Plan plan, ScheduleNews news) {
        PlanCondition now = plan.condition();
        if (news instanceof ScheduleNews.Applied applied) {
            return PlanStatusRule.afterScheduleApplied(now, applied.suspended(), applied.forgotten());
        }
        if (news instanceof ScheduleNews.Refused refused) {
            return PlanStatusRule.afterScheduleRefused(now, refused.why());
        }
        if (news instanceof ScheduleNews.Troubled troubled) {
            return PlanStatusRule.whileScheduleTroubled(now, troubled.what());
        }
        if (news instanceof ScheduleNews.Sound sound) {
            return PlanStatusRule.afterScheduleSound(now, sound.forgotten());
        }
        return plan.deletedAt == null ? now : PlanCondition.of(PlanStatus.DELETED);
    }
}
