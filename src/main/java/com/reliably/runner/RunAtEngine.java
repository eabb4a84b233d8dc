package com.reliably.runner;

import com.reliably.deployment.DeploymentDefinition;
import io.smallrye.mutiny.Uni;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * A run, with all that is needed to reach it at its engine: after a restart, and from another server.
 *
 * @param orgId      the organisation
 * @param planId     the plan
 * @param runId      the run
 * @param attempt    the attempt to launch it that made this, from 1; 0 where its engine started it by itself
 * @param reference  by which the engine knows it; null where that is to be found out
 * @param definition looks up the deployment's definition as it is now, its secrets in clear, so that credentials that
 *     were replaced meanwhile are taken; fails with {@link DeploymentGone} where there is none any more
 */
public record RunAtEngine(
        UUID orgId,
        UUID planId,
        UUID runId,
        int attempt,
        String reference,
        Supplier<Uni<DeploymentDefinition>> definition) {

    @Override
    public String toString() {
        return "RunAtEngine[run " + runId + ", attempt " + attempt + ", " + reference + "]";
    }
}
