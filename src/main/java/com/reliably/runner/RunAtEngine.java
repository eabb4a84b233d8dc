package com.reliably.runner;

import com.reliably.deployment.DeploymentDefinition;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A run, with all that is needed to reach it at its engine: after a restart, and from another server.
 *
 * @param orgId      the organisation
 * @param planId     the plan
 * @param runId      the run
 * @param attempt    the attempt to launch it that made this, from 1; 0 where its engine started it by itself
 * @param failures   how many attempts to launch it have failed before, and are over
 * @param reference  by which the engine knows it; null where that is to be found out
 * @param definition looks up the deployment's definition as it is now, its secrets in clear, so that credentials that
 *     were replaced meanwhile are taken; fails with {@link DeploymentGone} where there is none any more
 * @param newPlanToken makes a token limited to the plan, which ends by itself after at least this long, for an engine that
 *     has one place for the tokens of all runs of a plan. Those that were made for it before go on for as long as a run may
 *     take
 */
public record RunAtEngine(
        UUID orgId,
        UUID planId,
        UUID runId,
        int attempt,
        int failures,
        String reference,
        Supplier<Uni<DeploymentDefinition>> definition,
        Function<Duration, Uni<String>> newPlanToken) {

    /** A run that is only to be looked for, or ended: nothing is given to its client any more. */
    public RunAtEngine(
            UUID orgId,
            UUID planId,
            UUID runId,
            int attempt,
            int failures,
            String reference,
            Supplier<Uni<DeploymentDefinition>> definition) {
        this(orgId, planId, runId, attempt, failures, reference, definition, lifetime -> Uni.createFrom()
                .failure(new IllegalStateException("No client of this run is to be given a token")));
    }

    @Override
    public String toString() {
        return "RunAtEngine[run " + runId + ", attempt " + attempt + ", " + reference + "]";
    }
}
