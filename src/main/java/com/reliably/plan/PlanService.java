package com.reliably.plan;

import com.reliably.access.Caller;
import com.reliably.access.TokenService;
import com.reliably.audit.AuditTrail;
import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.DeploymentService;
import com.reliably.organization.Halt;
import com.reliably.problem.Fault;
import com.reliably.problem.ProblemException;
import com.reliably.run.Fire;
import com.reliably.run.RunCancellation;
import com.reliably.run.RunService;
import com.reliably.run.RunTrigger;
import com.reliably.schedule.Overlap;
import com.reliably.web.Page;
import com.reliably.web.PageRequest;
import com.reliably.web.Pages;
import com.reliably.web.TextWork;
import io.quarkus.hibernate.reactive.panache.PanacheQuery;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.hibernate.exception.ConstraintViolationException;

/** Plans: what may be stored, when they are run, and what becomes of them. */
@ApplicationScoped
public class PlanService {

    private static final int LONGEST_ERROR = 10_000;

    private final PlanRepository repository;
    private final PlanChecks checks;
    private final PlanViews views;
    private final PlanSchedules schedules;
    private final DeploymentService deployments;
    private final RunService runs;
    private final RunCancellation cancellation;
    private final TokenService tokens;
    private final ManualCommand command;
    private final PlanMaskService masks;
    private final AuditTrail audit;
    private final Clock clock;

    PlanService(
            PlanRepository repository,
            PlanChecks checks,
            PlanViews views,
            PlanSchedules schedules,
            DeploymentService deployments,
            RunService runs,
            RunCancellation cancellation,
            TokenService tokens,
            ManualCommand command,
            PlanMaskService masks,
            AuditTrail audit,
            Clock clock) {
        this.repository = repository;
        this.checks = checks;
        this.views = views;
        this.schedules = schedules;
        this.deployments = deployments;
        this.runs = runs;
        this.cancellation = cancellation;
        this.tokens = tokens;
        this.command = command;
        this.masks = masks;
        this.audit = audit;
        this.clock = clock;
    }

    @WithTransaction
    Uni<PlanView> create(Caller caller, PlanInput input) {
        return checks.check(caller.orgId(), input)
                .chain(checked -> repository.now().chain(now -> {
                    Plan plan = newPlan(caller, checked, now);
                    Uni<Void> stored = repository
                            .persist(plan)
                            .chain(() -> repository.addLists(plan.id, input.experiments(), input.integrations()));
                    return existing(stored)
                            .chain(() -> schedules.bringInStep(plan, checked.deployment()))
                            .chain(() -> checked.runsAtOnce()
                                    ? requestRun(caller, plan)
                                    : Uni.createFrom().voidItem())
                            .chain(() -> views.of(plan));
                }));
    }

    @WithSession
    Uni<PlanView> get(UUID orgId, UUID id) {
        return find(orgId, id).chain(views::of);
    }

    @WithSession
    Uni<Page<PlanView>> list(UUID orgId, PlanSort sort, PageRequest page) {
        return page(orgId, repository.all(orgId, sort), page);
    }

    @WithSession
    Uni<Page<PlanView>> search(UUID orgId, String pattern, PageRequest page) {
        return page(orgId, repository.matching(orgId, pattern), page);
    }

    /** What is running keeps what it started with. */
    @WithTransaction
    Uni<Void> update(Caller caller, UUID id, PlanInput input) {
        return lock(caller.orgId(), id).chain(plan -> deployments
                .definition(caller.orgId(), plan.deploymentId)
                .chain(before -> {
                    UUID deploymentId = plan.deploymentId;
                    return update(plan, input, PlanSchedules.isKept(plan, before))
                            .chain(() -> deploymentId.equals(plan.deploymentId)
                                    ? Uni.createFrom().voidItem()
                                    : schedules
                                            .clear(plan, deploymentId, before)
                                            .replaceWithVoid());
                }));
    }

    /** Replaces a plan that is locked; {@code wasKept}: by an engine, so far. */
    private Uni<Void> update(Plan plan, PlanInput input, boolean wasKept) {
        return checks.check(plan.orgId, input).chain(checked -> repository.now().chain(now -> {
            boolean sameSchedule = Objects.equals(
                            plan.cronPattern, checked.input().schedule().pattern())
                    && Objects.equals(
                            plan.cronTimezone, checked.input().schedule().timezone());
            Instant next = plan.nextFireAt;
            boolean isDue = plan.isDue(now);
            List<Fire> missed = sameSchedule ? List.of() : givenUp(plan, checked, now);
            if (plan.isSuspended() && !sameSchedule) {
                plan.suspendedAt = now;
            }
            write(plan, checked, now);
            if (plan.isSuspended() && !plan.isCron()) {
                plan.suspendedAt = null;
                plan.set(PlanCondition.of(PlanStatus.CREATED));
            }
            if (plan.isSuspended()) {
                plan.nextFireAt = null;
            } else if (sameSchedule && (isDue || next != null && plan.nextFireAt != null)) {
                // A fire that is due right now must not be lost to a new title, or to a new deployment.
                plan.nextFireAt = next;
            }
            boolean isKept = PlanSchedules.isKept(plan, checked.deployment());
            plan.set(PlanStatusRule.afterUpdate(plan.condition(), wasKept, isKept, plan.isSuspended()));
            return existing(repository.replaceLists(plan.id, input.experiments(), input.integrations()))
                    .chain(() -> schedules.bringInStep(plan, checked.deployment()))
                    .chain(() -> runs.recordMissed(missed));
        }));
    }

    /** What is pending first, some at a time: it may be much, and the plan is locked only for the rest. */
    Uni<Void> delete(Caller caller, UUID id) {
        return demandPresent(caller.orgId(), id)
                .chain(() -> cancellation.cancelPendingOfPlan(caller, id))
                .chain(() -> deleteNow(caller, id));
    }

    @WithSession
    Uni<Void> demandPresent(UUID orgId, UUID id) {
        return demand(orgId, id);
    }

    @WithTransaction
    Uni<Void> deleteNow(Caller caller, UUID id) {
        // Runs first: whoever changes a run locks it before its plan, and so does this.
        return demand(caller.orgId(), id)
                .chain(() -> runs.cancelOfPlan(caller, id))
                .chain(() -> lock(caller.orgId(), id))
                .call(plan -> deployments
                        .definition(caller.orgId(), plan.deploymentId)
                        .chain(deployment -> schedules.removeOf(plan, deployment))
                        .invoke(atEngine -> markDeleted(plan, atEngine)))
                .chain(plan -> tokens.revokeOfPlan(caller.orgId(), id)
                        .chain(() -> audit.record(caller, "plan.delete", "plan", id, plan.title)));
    }

    Uni<Void> report(UUID orgId, UUID id, PlanStatusInput report) {
        if (!PlanStatusRule.isReport(report.status())) {
            throw ProblemException.invalid(Fault.of(
                    "value_error",
                    List.of("body", "status"),
                    "A client reports 'running', 'completed' or 'error'; the server knows the rest itself",
                    report.status()));
        }
        if (report.error() == null) {
            return take(orgId, id, report.status(), null);
        }
        return masks.of(orgId, id)
                .chain(mask -> TextWork.on(report.error().length(), () -> shortened(mask.mask(report.error()))))
                .chain(error -> take(orgId, id, report.status(), error));
    }

    @WithTransaction
    Uni<Void> take(UUID orgId, UUID id, PlanStatus status, String error) {
        return lock(orgId, id)
                .invoke(plan ->
                        plan.set(new PlanStatusRule(plan.isCron()).afterReport(plan.condition(), status, error)))
                .replaceWithVoid();
    }

    @WithTransaction
    Uni<Void> run(Caller caller, UUID id) {
        return present(repository.look(caller.orgId(), id))
                .invoke(PlanService::refuseToRunCron)
                .chain(plan -> deployments
                        .definition(caller.orgId(), plan.deploymentId)
                        .chain(deployment -> run(caller, plan, deployment)));
    }

    @WithTransaction
    Uni<Void> suspend(Caller caller, UUID id) {
        return lockCron(caller.orgId(), id, "suspended").chain(plan -> {
            if (plan.isSuspended()) {
                return Uni.createFrom().voidItem();
            }
            return deployments
                    .definition(caller.orgId(), plan.deploymentId)
                    .chain(deployment -> repository.now().chain(now -> suspend(caller, plan, deployment, now)));
        });
    }

    private Uni<Void> suspend(Caller caller, Plan plan, DeploymentDefinition deployment, Instant now) {
        // What is due this moment, and not yet fired, falls into the suspension; it is seen at once, should that never
        // end.
        List<Fire> missed = plan.isDue(now) ? FiredPlan.missedInSuspension(plan, plan.nextFireAt, now) : List.of();
        plan.suspendedAt = now;
        plan.nextFireAt = null;
        plan.set(PlanCondition.of(
                PlanSchedules.isKept(plan, deployment) ? PlanStatus.SUSPENDING : PlanStatus.SUSPENDED));
        return schedules
                .bringInStep(plan, deployment)
                .chain(() -> runs.recordMissed(missed))
                .chain(() -> audit.record(caller, "plan.suspend", "plan", plan.id, plan.title));
    }

    @WithTransaction
    Uni<Void> resume(Caller caller, UUID id) {
        return lockCron(caller.orgId(), id, "resumed").chain(plan -> {
            if (!plan.isSuspended()) {
                return Uni.createFrom().voidItem();
            }
            return deployments
                    .definition(caller.orgId(), plan.deploymentId)
                    .chain(deployment -> repository.now().chain(now -> resume(caller, plan, deployment, now)));
        });
    }

    /** The fires of the schedule that a plan has so far, which nothing was done about: they are not forgotten with it. */
    private static List<Fire> givenUp(Plan plan, CheckedPlan checked, Instant now) {
        if (plan.isSuspended()) {
            return FireKeeper.of(checked.deployment()) != FireKeeper.NOBODY
                    ? FiredPlan.missedInSuspension(plan, plan.suspendedAt, now)
                    : List.of();
        }
        return plan.isDue(now) ? FiredPlan.missedByChange(plan, now) : List.of();
    }

    private Uni<Void> resume(Caller caller, Plan plan, DeploymentDefinition deployment, Instant now) {
        List<Fire> missed = FireKeeper.of(deployment) != FireKeeper.NOBODY
                ? FiredPlan.missedInSuspension(plan, plan.suspendedAt, now)
                : List.of();
        plan.suspendedAt = null;
        plan.nextFireAt = plan.nextFire(deployment, now).orElse(null);
        plan.set(PlanCondition.of(PlanSchedules.isKept(plan, deployment) ? PlanStatus.RESUMING : PlanStatus.CREATED));
        return schedules
                .bringInStep(plan, deployment)
                .chain(() -> runs.recordMissed(missed))
                .chain(() -> audit.record(caller, "plan.resume", "plan", plan.id, plan.title));
    }

    /**
     * Records as missed what the engines of an organisation did not start while it was halted. Joins the transaction of its
     * caller, who releases it.
     *
     * @param halt the halt that ends
     */
    public Uni<Void> recordMissedAtEngines(UUID orgId, Halt halt) {
        return schedules
                .lockInstalled(orgId)
                .chain(plans -> repository.now().map(now -> plans.stream()
                        .flatMap(plan ->
                                FiredPlan.missedInHalt(plan, later(halt.at(), plan.createdAt), now, halt.reason())
                                        .stream())
                        .toList()))
                .chain(runs::recordMissed);
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    @WithSession
    Uni<PlanFiresView> fires(UUID orgId, UUID id, int limit) {
        return find(orgId, id).chain(plan -> {
            if (!plan.isCron()) {
                throw ProblemException.badRequest("This plan has no cron schedule, so that it has no next fires.");
            }
            return deployments
                    .definition(orgId, plan.deploymentId)
                    .map(deployment -> new PlanFiresView(
                            plan.cronPattern,
                            plan.cronTimezone,
                            plan.isSuspended() ? FireKeeper.NOBODY : FireKeeper.of(deployment),
                            plan.schedule().nextFires(clock.instant(), limit)));
        });
    }

    private Uni<Void> run(Caller caller, Plan plan, DeploymentDefinition deployment) {
        if (FireKeeper.isManual(deployment)) {
            throw ProblemException.badRequest(
                    "The deployment of this plan is manual: this server never starts it. Run it where"
                            + " the Reliably CLI is installed, with: " + command.of(plan.orgId, plan.id));
        }
        return makeWay(caller, plan)
                .chain(() -> lock(caller.orgId(), plan.id))
                .call(this::refuseOverlap)
                .chain(() -> requestRun(caller, plan))
                .chain(() -> audit.record(caller, "plan.run", "plan", plan.id, plan.title));
    }

    /** Ends the runs of a plan that lets them be replaced. Runs first, as everywhere: the plan is locked behind them. */
    private Uni<Void> makeWay(Caller caller, Plan plan) {
        return PlanPolicies.of(plan).overlap() == Overlap.REPLACE
                ? runs.cancelOfPlan(caller, plan.id)
                : Uni.createFrom().voidItem();
    }

    private Uni<Void> refuseOverlap(Plan plan) {
        if (PlanPolicies.of(plan).overlap() != Overlap.FORBID) {
            return Uni.createFrom().voidItem();
        }
        return runs.hasActive(plan.orgId, plan.id)
                .invoke(active -> {
                    if (active) {
                        throw ProblemException.conflict(
                                "This plan has a run that has not ended; wait for it, or cancel it"
                                        + " first (or let runs overlap, see policies.overlap).");
                    }
                })
                .replaceWithVoid();
    }

    private Uni<Void> requestRun(Caller caller, Plan plan) {
        return runs.request(plan.orgId, plan.id, plan.deploymentId, RunTrigger.API, null, caller.id())
                .replaceWithVoid();
    }

    private static void refuseToRunCron(Plan plan) {
        if (plan.isCron()) {
            throw ProblemException.badRequest(
                    "This plan runs on its cron schedule, and only then. For a run on request,"
                            + " create a plan with the schedule 'now'.");
        }
    }

    private Plan newPlan(Caller caller, CheckedPlan checked, Instant now) {
        Plan plan = new Plan();
        plan.id = UUID.randomUUID();
        plan.orgId = caller.orgId();
        plan.createdAt = now;
        plan.createdBy = caller.id();
        write(plan, checked, now);
        boolean underWay = checked.runsAtOnce() || PlanSchedules.isKept(plan, checked.deployment());
        plan.set(PlanCondition.of(underWay ? PlanStatus.CREATING : PlanStatus.CREATED));
        return plan;
    }

    private void write(Plan plan, CheckedPlan checked, Instant now) {
        PlanInput input = checked.input();
        plan.title = input.title();
        plan.deploymentId = input.deployment().deploymentId();
        plan.environmentId =
                input.environment() == null ? null : input.environment().id();
        plan.definition = views.write(new PlanTerms(input.environment(), input.schedule()));
        plan.ref = UUID.randomUUID().toString().replace("-", "");
        plan.cronPattern = input.schedule().pattern();
        plan.cronTimezone = input.schedule().timezone();
        plan.updatedAt = clock.instant();
        plan.nextFireAt = checked.nextFire(now).orElse(null);
        input.policies().writeTo(plan);
    }

    /** {@code atEngine}: something of it is left there. */
    private void markDeleted(Plan plan, boolean atEngine) {
        plan.deletedAt = clock.instant();
        plan.nextFireAt = null;
        plan.deploymentId = null;
        plan.environmentId = null;
        plan.set(PlanCondition.of(atEngine ? PlanStatus.DELETING : PlanStatus.DELETED));
    }

    /** What was found by the checks may be deleted by somebody else before it is stored; the database notices. */
    private static Uni<Void> existing(Uni<Void> stored) {
        return stored.onFailure(ConstraintViolationException.class)
                .transform(e -> ProblemException.conflict(
                        "Something that this plan names was deleted at the same moment; look" + " again and retry."));
    }

    private Uni<Plan> find(UUID orgId, UUID id) {
        return present(repository.find(orgId, id));
    }

    /** Without loading it: what is loaded before it is locked may be of yesterday by then. */
    private Uni<Void> demand(UUID orgId, UUID id) {
        return repository
                .exists(orgId, id)
                .invoke(exists -> {
                    if (!exists) {
                        throw unknown();
                    }
                })
                .replaceWithVoid();
    }

    private Uni<Plan> lock(UUID orgId, UUID id) {
        return present(repository.lock(orgId, id));
    }

    private Uni<Plan> lockCron(UUID orgId, UUID id, String deed) {
        return lock(orgId, id).invoke(plan -> {
            if (!plan.isCron()) {
                throw ProblemException.badRequest("This plan has no cron schedule, so that it cannot be " + deed + ".");
            }
        });
    }

    private static Uni<Plan> present(Uni<Plan> found) {
        return found.onItem().ifNull().failWith(PlanService::unknown);
    }

    private static ProblemException unknown() {
        return ProblemException.notFound("No plan of this organization has this id.");
    }

    private Uni<Page<PlanView>> page(UUID orgId, PanacheQuery<?> query, PageRequest page) {
        return Pages.read(query, page, ids -> repository.findAll(orgId, ids), plan -> plan.id)
                .chain(found -> views.of(orgId, found.items()).map(items -> new Page<>(found.count(), items)));
    }

    private static String shortened(String error) {
        return error == null || error.length() <= LONGEST_ERROR ? error : error.substring(0, LONGEST_ERROR) + "…";
    }
}
