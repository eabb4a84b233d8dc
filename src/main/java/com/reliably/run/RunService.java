package com.reliably.run;

import com.reliably.access.Caller;
import com.reliably.audit.AuditTrail;
import com.reliably.organization.OrganizationService;
import com.reliably.problem.ProblemException;
import com.reliably.web.Page;
import com.reliably.web.PageRequest;
import com.reliably.web.Pages;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

/** Runs: attempts to carry out plans. */
@ApplicationScoped
public class RunService {

    private final RunRepository repository;
    private final RunPlans plans;
    private final RunExecutions executions;
    private final OrganizationService organizations;
    private final MissedFires missed;
    private final AuditTrail audit;
    private final RunMetrics metrics;
    private final RunSettings settings;
    private final Clock clock;

    RunService(
            RunRepository repository,
            RunPlans plans,
            RunExecutions executions,
            OrganizationService organizations,
            MissedFires missed,
            AuditTrail audit,
            RunMetrics metrics,
            RunSettings settings,
            Clock clock) {
        this.repository = repository;
        this.plans = plans;
        this.executions = executions;
        this.organizations = organizations;
        this.missed = missed;
        this.audit = audit;
        this.metrics = metrics;
        this.settings = settings;
        this.clock = clock;
    }

    /**
     * Asks for a run: a row in the state pending, which some server takes up once the transaction is committed. Joins
     * the transaction of its caller, and tells the plan ({@link RunPlans#runChanged}).
     *
     * @param nominalTime when a schedule said that it should run; null for a run that was asked for
     * @param requestedBy the token that asked; null for a schedule
     * @return the run's id; null where the plan already has a run of this nominal time; fails with a 409 while the
     *     organisation is halted, and with a 429 while it has as many runs pending as it may have
     */
    public Uni<UUID> request(
            UUID orgId, UUID planId, UUID deploymentId, RunTrigger trigger, Instant nominalTime, UUID requestedBy) {
        Run run = newRun(orgId, planId, deploymentId, trigger, nominalTime);
        run.state = RunState.PENDING.toString();
        run.createdBy = requestedBy;
        return organizations
                .demandNotHalted(orgId)
                .chain(() -> demandRoom(orgId))
                .chain(() -> repository.insertOnce(run))
                .chain(inserted -> inserted
                        ? plans.runChanged(new RunChange(run.id, planId, orgId, null, RunState.PENDING, null))
                                .replaceWith(run.id)
                        : Uni.createFrom().nullItem());
    }

    private Uni<Void> demandRoom(UUID orgId) {
        return repository
                .hasPending(orgId, settings.maxPending())
                .invoke(full -> {
                    if (full) {
                        throw ProblemException.tooMany(tooManyPending(settings.maxPending())
                                + " Try again when some of them have been run, or cancel some.");
                    }
                })
                .replaceWithVoid();
    }

    /** What is said where an organisation has as many runs pending as it may have. */
    static String tooManyPending(int most) {
        return "The organization has " + most + " runs pending, and may have no more (RELIABLY_RUNS_MAX_PENDING).";
    }

    /**
     * Records that due fires were not run. Joins the transaction of its caller.
     *
     * @param fires each with its reason
     */
    public Uni<Void> recordMissed(List<Fire> fires) {
        return Multi.createFrom()
                .iterable(fires)
                .onItem()
                .transformToUniAndConcatenate(this::recordMissed)
                .collect()
                .last()
                .replaceWithVoid();
    }

    private Uni<Boolean> recordMissed(Fire fire) {
        Run run = newRun(fire.orgId(), fire.planId(), fire.deploymentId(), RunTrigger.SCHEDULE, fire.nominalTime());
        run.state = RunState.MISSED.toString();
        run.error = fire.error();
        missed.add(fire.missed());
        return repository.insertOnce(run);
    }

    /** Asks for the end of all runs of a plan that have not ended. Joins the transaction of its caller. */
    public Uni<Void> cancelOfPlan(Caller caller, UUID planId) {
        return repository
                .activeOfPlan(caller.orgId(), planId)
                .onItem()
                .transformToMulti(runs -> Multi.createFrom().iterable(runs))
                .onItem()
                .transformToUniAndConcatenate(run -> requestEnd(caller, run).replaceWith(run))
                .collect()
                .last()
                .replaceWithVoid();
    }

    /** Whether the plan has a run that has not ended. Joins the session of its caller. */
    public Uni<Boolean> hasActive(UUID orgId, UUID planId) {
        return repository.hasActive(orgId, planId);
    }

    @WithSession
    Uni<Page<RunView>> list(UUID orgId, RunFilter filter, PageRequest page) {
        return Pages.read(repository.listed(orgId, filter), page, ids -> repository.findAll(orgId, ids), run -> run.id)
                .chain(found -> views(orgId, found.items()).map(views -> new Page<>(found.count(), views)));
    }

    @WithSession
    Uni<Page<RunView>> listOfPlan(UUID orgId, UUID planId, PageRequest page) {
        return plans.runnable(orgId, planId)
                .onItem()
                .ifNull()
                .failWith(() -> ProblemException.notFound("No plan of this organization has this id."))
                .chain(() -> list(orgId, RunFilter.ofPlan(planId), page));
    }

    @WithSession
    Uni<RunView> get(UUID orgId, UUID id) {
        return find(orgId, id).chain(run -> executions.ofRun(orgId, id).chain(reported -> repository
                .history(id)
                .map(history -> RunView.of(
                        run, reported.stream().map(RunExecutions.Reported::id).toList(), history))));
    }

    @WithTransaction
    Uni<Void> cancel(Caller caller, UUID id) {
        return repository
                .findLocked(caller.orgId(), id)
                .onItem()
                .ifNull()
                .failWith(RunService::unknown)
                .invoke(run -> {
                    if (run.state().isFinal()) {
                        throw ProblemException.badRequest("This run has ended already: it " + run.state() + ".");
                    }
                })
                .call(run -> requestEnd(caller, run))
                .chain(run -> audit.record(caller, "run.cancel", "run", id, null));
    }

    /** What was not taken up ends at once; for the rest its owner sees to it that it ends. */
    private Uni<Void> requestEnd(Caller caller, Run run) {
        Instant now = clock.instant();
        if (run.cancelRequestedAt == null) {
            run.cancelRequestedAt = now;
            run.cancelRequestedBy = caller.id();
        }
        if (run.state() != RunState.PENDING) {
            return Uni.createFrom().voidItem();
        }
        metrics.ended(run, RunState.CANCELLED);
        return plans.runChanged(run.become(RunState.CANCELLED, "The run was cancelled before it began."));
    }

    private Uni<List<RunView>> views(UUID orgId, List<Run> runs) {
        return executions
                .idsOfRuns(orgId, runs.stream().map(run -> run.id).collect(Collectors.toSet()))
                .map(ids -> runs.stream()
                        .map(run -> RunView.of(run, ids.getOrDefault(run.id, List.of()), null))
                        .toList());
    }

    private Uni<Run> find(UUID orgId, UUID id) {
        return repository.find(orgId, id).onItem().ifNull().failWith(RunService::unknown);
    }

    private static ProblemException unknown() {
        return ProblemException.notFound("No run of this organization has this id.");
    }

    private Run newRun(UUID orgId, UUID planId, UUID deploymentId, RunTrigger trigger, Instant nominalTime) {
        Run run = new Run();
        run.id = UUID.randomUUID();
        run.orgId = orgId;
        run.planId = planId;
        run.deploymentId = deploymentId;
        run.trigger = trigger.toString();
        run.nominalTime = nominalTime;
        run.createdAt = clock.instant();
        return run;
    }
}
