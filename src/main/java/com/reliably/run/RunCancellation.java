package com.reliably.run;

import com.reliably.access.Caller;
import com.reliably.audit.AuditTrail;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Cancels many runs, some in each transaction: a backlog of tens of thousands must not hold the locks of its plans, or a
 * connection, for as long as all of it takes. What is left when a server goes meanwhile is cancelled by asking again.
 */
@ApplicationScoped
public class RunCancellation {

    /** What is cancelled in one transaction. */
    private static final int MOST = 500;

    /** How many runs are told of: more than that nobody reads. */
    private static final int MOST_TOLD = 1000;

    private final RunRepository repository;
    private final RunPlans plans;
    private final RunMetrics metrics;
    private final AuditTrail audit;

    RunCancellation(RunRepository repository, RunPlans plans, RunMetrics metrics, AuditTrail audit) {
        this.repository = repository;
        this.plans = plans;
        this.metrics = metrics;
        this.audit = audit;
    }

    /**
     * Asks for the end of every run of the caller's organisation, which is halted, so that none is begun meanwhile. Not to be
     * called in a transaction.
     *
     * @return the first thousand of them
     */
    public Uni<List<CancelledRun>> cancelAll(Caller caller) {
        return cancelAll(caller, new ArrayList<>());
    }

    private Uni<List<CancelledRun>> cancelAll(Caller caller, List<CancelledRun> told) {
        // A run that was being taken up when the organisation was halted is one that is under way a moment later.
        return cancelUnderWay(caller).invoke(runs -> tell(told, runs)).chain(underWay -> cancelPending(
                        caller, null, "the organization was halted")
                .invoke(runs -> tell(told, runs))
                .chain(pending -> underWay.isEmpty() && pending.isEmpty()
                        ? Uni.createFrom().item(told)
                        : cancelAll(caller, told)));
    }

    private static void tell(List<CancelledRun> told, List<CancelledRun> runs) {
        told.addAll(runs.subList(0, Math.min(runs.size(), MOST_TOLD - told.size())));
    }

    /** Cancels every pending run of the caller's organisation. Not to be called in a transaction. */
    public Uni<Void> cancelAllPending(Caller caller) {
        return cancelPending(caller, null, "the organization was halted")
                .chain(runs -> runs.isEmpty() ? Uni.createFrom().voidItem() : cancelAllPending(caller));
    }

    /** Cancels the pending runs of a plan, but for those that come meanwhile. Not to be called in a transaction. */
    public Uni<Void> cancelPendingOfPlan(Caller caller, UUID planId) {
        return cancelPending(caller, planId, null)
                .chain(runs -> runs.size() < MOST ? Uni.createFrom().voidItem() : cancelPendingOfPlan(caller, planId));
    }

    /** {@code audited}: null where the deed that this belongs to is recorded, and not each run. */
    @WithTransaction
    Uni<List<CancelledRun>> cancelPending(Caller caller, UUID planId, String audited) {
        return repository
                .cancelPending(caller.orgId(), planId, caller.id(), "The run was cancelled before it began.", MOST)
                .call(runs -> plans.runsChanged(lastOfEachPlan(caller.orgId(), runs)))
                .call(runs -> audited == null
                        ? Uni.createFrom().voidItem()
                        : audit.recordAll(
                                caller,
                                "run.cancel",
                                "run",
                                runs.stream().map(CancelledPending::id).toList(),
                                audited))
                .invoke(runs -> runs.forEach(run -> metrics.ended(run.deploymentType(), RunState.CANCELLED)))
                .map(runs -> runs.stream()
                        .map(run -> new CancelledRun(run.id(), run.planId(), RunState.PENDING))
                        .toList());
    }

    /** For a plan it is the same whether one of its runs was cancelled or many. */
    private static List<RunChange> lastOfEachPlan(UUID orgId, List<CancelledPending> runs) {
        Map<UUID, RunChange> last = new LinkedHashMap<>();
        for (CancelledPending run : runs) {
            last.put(
                    run.planId(),
                    new RunChange(
                            run.id(),
                            run.planId(),
                            orgId,
                            RunState.PENDING,
                            RunState.CANCELLED,
                            "The run was cancelled before it began."));
        }
        return List.copyOf(last.values());
    }

    /** What is under way is as much as servers have room for. */
    @WithTransaction
    Uni<List<CancelledRun>> cancelUnderWay(Caller caller) {
        return repository
                .cancelUnderWay(caller.orgId(), caller.id())
                .call(runs -> audit.recordAll(
                        caller,
                        "run.cancel",
                        "run",
                        runs.stream().map(CancelledRun::id).toList(),
                        "the organization was halted"));
    }
}
