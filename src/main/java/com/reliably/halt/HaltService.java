package com.reliably.halt;

import com.reliably.access.Caller;
import com.reliably.audit.AuditTrail;
import com.reliably.engine.EngineScheduleService;
import com.reliably.execution.ExecutionService;
import com.reliably.organization.Halt;
import com.reliably.organization.OrganizationService;
import com.reliably.plan.PlanService;
import com.reliably.run.RunCancellation;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.UUID;

/**
 * The stop button of an organisation. While it is pressed nothing is started: requests for runs are refused, fires are
 * recorded as missed, and clients that were started elsewhere are told to terminate.
 */
@ApplicationScoped
class HaltService {

    private final OrganizationService organizations;
    private final RunCancellation runs;
    private final ExecutionService executions;
    private final EngineScheduleService engines;
    private final PlanService plans;
    private final AuditTrail audit;

    HaltService(
            OrganizationService organizations,
            RunCancellation runs,
            ExecutionService executions,
            EngineScheduleService engines,
            PlanService plans,
            AuditTrail audit) {
        this.organizations = organizations;
        this.runs = runs;
        this.executions = executions;
        this.engines = engines;
        this.plans = plans;
        this.audit = audit;
    }

    @WithSession
    Uni<HaltView> get(UUID orgId) {
        return organizations.halt(orgId).map(halt -> HaltView.of(halt, List.of(), List.of()));
    }

    /**
     * Halts the organisation, and asks for the end of everything that it runs. What is requested at the same time either
     * sees the halt, or is seen and ended by it: both lock the organisation. From the first transaction on nothing is begun;
     * what there is ends in the next ones, however much it is. Should this server go meanwhile, nothing of the rest begins
     * before the organisation is released, which ends it.
     */
    Uni<HaltView> halt(Caller caller, String reason) {
        return begin(caller, reason).chain(halt -> runs.cancelAll(caller)
                .chain(cancelled -> terminate(caller).map(terminated -> HaltView.of(halt, cancelled, terminated))));
    }

    @WithTransaction
    Uni<Halt> begin(Caller caller, String reason) {
        return organizations.setHalted(caller, reason).call(halt -> audit.record(
                        caller, "organization.halt", "organization", caller.orgId(), reason)
                .chain(() -> engines.hurry(caller.orgId())));
    }

    @WithTransaction
    Uni<List<UUID>> terminate(Caller caller) {
        return executions.terminateAll(caller);
    }

    Uni<HaltView> release(Caller caller) {
        return haltOf(caller.orgId())
                .chain(halt -> halt == null ? Uni.createFrom().voidItem() : runs.cancelAllPending(caller))
                .chain(() -> end(caller));
    }

    @WithSession
    Uni<Halt> haltOf(UUID orgId) {
        return organizations.halt(orgId);
    }

    @WithTransaction
    Uni<HaltView> end(Caller caller) {
        // Plans before the organisation, as everywhere.
        return organizations
                .halt(caller.orgId())
                .chain(halt ->
                        halt == null ? Uni.createFrom().voidItem() : plans.recordMissedAtEngines(caller.orgId(), halt))
                .chain(() -> organizations.setReleased(caller.orgId()))
                .chain(() -> engines.hurry(caller.orgId()))
                .chain(() -> audit.record(caller, "organization.release", "organization", caller.orgId(), null))
                .map(ignored -> HaltView.of(null, List.of(), List.of()));
    }
}
