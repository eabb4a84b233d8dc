package com.reliably.run;

import com.reliably.access.Caller;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.UUID;

/** Runs: attempts to carry out plans. */
@ApplicationScoped
public class RunService {

    /**
     * Asks for a run: a row in the state pending, which some server takes up once the transaction is committed. Joins
     * the transaction of its caller, and tells the plan ({@link RunPlans#runChanged}).
     *
     * @param nominalTime when a schedule said that it should run; null for a run that was asked for
     * @param requestedBy the token that asked; null for a schedule
     * @return the run's id; null where the plan already has a run of this nominal time
     */
    public Uni<UUID> request(
            UUID orgId, UUID planId, UUID deploymentId, RunTrigger trigger, Instant nominalTime, UUID requestedBy) {
        return Uni.createFrom().failure(new UnsupportedOperationException("written next"));
    }

    /**
     * Records that a due fire was not run. Joins the transaction of its caller.
     *
     * @param reason why, for people
     */
    public Uni<Void> recordMissed(UUID orgId, UUID planId, UUID deploymentId, Instant nominalTime, String reason) {
        return Uni.createFrom().failure(new UnsupportedOperationException("written next"));
    }

    /** Asks for the end of all runs of a plan that have not ended. Joins the transaction of its caller. */
    public Uni<Void> cancelOfPlan(Caller caller, UUID planId) {
        return Uni.createFrom().failure(new UnsupportedOperationException("written next"));
    }

    /** Whether the plan has a run that has not ended. Joins the session of its caller. */
    public Uni<Boolean> hasActive(UUID orgId, UUID planId) {
        return Uni.createFrom().failure(new UnsupportedOperationException("written next"));
    }
}
