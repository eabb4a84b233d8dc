package com.reliably.run;

import com.reliably.start.ServerIdentity;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.UUID;

/** Runs that engines start by themselves, by the schedules that they keep. */
@ApplicationScoped
public class EngineRuns {

    private final RunRepository repository;
    private final RunPlans plans;
    private final RunExecutions executions;
    private final RunSettings settings;
    private final RunWakeUp wakeUp;
    private final String owner;

    EngineRuns(
            RunRepository repository,
            RunPlans plans,
            RunExecutions executions,
            RunSettings settings,
            RunWakeUp wakeUp,
            ServerIdentity identity) {
        this.repository = repository;
        this.plans = plans;
        this.executions = executions;
        this.settings = settings;
        this.wakeUp = wakeUp;
        this.owner = identity.name();
    }

    /**
     * An engine has started a run: there is one from now on, running, which this server follows ({@link #look} has it begin
     * at once). However often it is told, by whichever server, it is one run.
     *
     * <p>What should not have been started is followed too, and its end is asked for: of a halted organisation, of a deleted
     * plan, of a plan that was suspended before, of a fire that was recorded as missed, or where another deployment has
     * started a run of the same fire. An engine that can only guess which fire it was may say the same of two: the second one
     * is a run without a nominal time.
     *
     * @return whether that was new
     */
    @WithTransaction
    public Uni<Boolean> started(
            UUID orgId, UUID planId, UUID deploymentId, String reference, Instant nominalTime, String url) {
        return repository
                .hasStarted(orgId, planId, reference)
                .chain(known -> known
                        ? Uni.createFrom().item(false)
                        : repository.whyNotToStart(orgId, planId, nominalTime).chain(unwanted -> {
                            StartedRun run = new StartedRun(
                                    UUID.randomUUID(),
                                    orgId,
                                    planId,
                                    deploymentId,
                                    reference,
                                    url,
                                    nominalTime,
                                    unwanted);
                            return repository
                                    .insertStarted(run, owner, settings.lease())
                                    .chain(inserted -> inserted ? begun(run) : again(run));
                        }));
    }

    /** Whether a run that an engine has started is known, by the reference that the engine has told. */
    @WithSession
    public Uni<Boolean> isRecorded(UUID orgId, UUID planId, String reference) {
        return repository.hasStarted(orgId, planId, reference);
    }

    /** Either it was told meanwhile, or the plan has another run of that time. */
    private Uni<Boolean> again(StartedRun run) {
        return repository
                .hasStarted(run.orgId(), run.planId(), run.reference())
                .chain(known -> known
                        ? Uni.createFrom().item(false)
                        : repository.at(run.planId(), run.nominalTime()).chain(other -> {
                            StartedRun beside = run.beside(other);
                            return repository
                                    .insertStarted(beside, owner, settings.lease())
                                    .chain(inserted -> inserted
                                            ? begun(beside)
                                            : Uni.createFrom().item(false));
                        }));
    }

    private Uni<Boolean> begun(StartedRun run) {
        return executions
                .adopt(run.orgId(), run.planId(), run.id(), run.since())
                .chain(() -> plans.runChanged(
                        new RunChange(run.id(), run.planId(), run.orgId(), null, RunState.RUNNING, null)))
                .replaceWith(true);
    }

    /** Asks for the end of all runs of a plan that have been started. Joins the transaction of its caller. */
    public Uni<Void> cancelOfPlan(UUID orgId, UUID planId) {
        return repository.cancelStarted(orgId, planId);
    }

    /** Has what was stored seen to right away; to be called after the commit. */
    public void look() {
        wakeUp.look();
    }
}
