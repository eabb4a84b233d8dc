package com.reliably.runner;

import com.reliably.deployment.DeploymentDefinition;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.UUID;
import java.util.function.Function;

/**
 * A run to start.
 *
 * @param orgId       the organisation
 * @param planId      the plan
 * @param runId       the run
 * @param attempt     which attempt to launch it this is, from 1
 * @param requestedBy the token that asked for it; null for a schedule
 * @param definition  the deployment's definition, its secrets in clear
 * @param timeout     how long the run may take; null where the runner's setting says
 * @param newToken    makes the run's token, which ends by itself after at least this long; ends any that was made for
 *     this run before
 */
public record LaunchRequest(
        UUID orgId,
        UUID planId,
        UUID runId,
        int attempt,
        UUID requestedBy,
        DeploymentDefinition definition,
        Duration timeout,
        Function<Duration, Uni<String>> newToken) {

    /** Without the definition's secrets. */
    @Override
    public String toString() {
        return "LaunchRequest[run " + runId + ", attempt " + attempt + "]";
    }
}
