package com.reliably.plan;

import com.reliably.deployment.DeploymentService;
import com.reliably.run.RunService;
import com.reliably.run.RunTrigger;
import com.reliably.schedule.DueFires;
import com.reliably.schedule.ScheduleSettings;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Turns fires that have come due into runs, or into missed ones with the reason. What is due stands in the database,
 * so that neither a restart nor a stall loses a fire; a plan's lock and the unique nominal time of its runs see to it
 * that no number of servers fires twice.
 */
@ApplicationScoped
class PlanFires {

    private final PlanRepository repository;
    private final DeploymentService deployments;
    private final RunService runs;
    private final Duration window;

    PlanFires(PlanRepository repository, DeploymentService deployments, RunService runs, ScheduleSettings settings) {
        this.repository = repository;
        this.deployments = deployments;
        this.runs = runs;
        this.window = settings.catchUpWindow();
    }

    /** Plans that are due, the longest overdue first, at most so many. */
    @WithSession
    Uni<List<DuePlan>> due(Instant now, int most) {
        return repository.due(now, most);
    }

    /**
     * Fires a plan, if it is still due and no other server has it in hand. One transaction for each plan, so that one
     * that cannot be fired holds up no other.
     */
    @WithTransaction
    Uni<Void> fire(DuePlan due, Instant now) {
        return repository.lockDue(due, now).onItem().ifNotNull().transformToUni(plan -> deployments
                .definition(plan.orgId, plan.deploymentId)
                .chain(deployment -> FireKeeper.of(deployment) == FireKeeper.SERVER ? fire(plan, now) : letGo(plan)));
    }

    private Uni<Void> fire(Plan plan, Instant now) {
        DueFires fires = DueFires.of(plan.schedule(), plan.nextFireAt, now, window);
        plan.nextFireAt = fires.next().orElse(null);
        return recordTooLate(plan, fires)
                .chain(() -> recordSuperseded(plan, fires))
                .chain(() -> fires.toRun().isPresent()
                        ? run(plan, fires.toRun().get())
                        : Uni.createFrom().voidItem());
    }

    /** The deployment was changed to one that keeps its own schedule, or has none. */
    private static Uni<Void> letGo(Plan plan) {
        plan.nextFireAt = null;
        return Uni.createFrom().voidItem();
    }

    private Uni<Void> run(Plan plan, Instant nominalTime) {
        return runs.hasActive(plan.orgId, plan.id)
                .chain(active -> active
                        ? miss(plan, nominalTime, "The run before it had not ended.")
                        : runs.request(plan.orgId, plan.id, plan.deploymentId, RunTrigger.SCHEDULE, nominalTime, null)
                                .replaceWithVoid());
    }

    private Uni<Void> recordTooLate(Plan plan, DueFires fires) {
        String reason = "No server could run it in time; it would have been later than the catch-up window of "
                + window.toMinutes() + " minutes allows (reliably.schedule.catch-up-window).";
        List<Instant> missed = fires.tooLate();
        return missAll(plan, fires.cutOff() ? missed.subList(0, missed.size() - 1) : missed, reason)
                .chain(() -> fires.cutOff()
                        ? miss(
                                plan,
                                missed.get(missed.size() - 1),
                                reason + " Further fires were missed after this one; only" + " the first "
                                        + missed.size() + " are recorded.")
                        : Uni.createFrom().voidItem());
    }

    private Uni<Void> recordSuperseded(Plan plan, DueFires fires) {
        return missAll(plan, fires.superseded(), "Several fires had come due; only the latest was run.");
    }

    private Uni<Void> missAll(Plan plan, List<Instant> nominalTimes, String reason) {
        return Multi.createFrom()
                .iterable(nominalTimes)
                .onItem()
                .transformToUniAndConcatenate(nominalTime -> miss(plan, nominalTime, reason))
                .collect()
                .last()
                .replaceWithVoid();
    }

    private Uni<Void> miss(Plan plan, Instant nominalTime, String reason) {
        return runs.recordMissed(plan.orgId, plan.id, plan.deploymentId, nominalTime, reason);
    }
}
