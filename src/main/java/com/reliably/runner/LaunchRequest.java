package com.reliably.runner;

import com.reliably.deployment.DeploymentDefinition;
import io.smallrye.mutiny.Uni;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * A run to start.
 *
 * @param orgId       the organisation
 * @param planId      the plan
 * @param runId       the run
 * @param requestedBy the token that asked for it; null for a schedule
 * @param definition  the deployment's definition, its secrets in clear
 * @param newToken    makes the run's token; ends any that was made for this run before
 */
public record LaunchRequest(
        UUID orgId,
        UUID planId,
        UUID runId,
        UUID requestedBy,
        DeploymentDefinition definition,
        Supplier<Uni<String>> newToken) {

    /** Without the definition's secrets. */
    @Override
    public String toString() {
        return "LaunchRequest[run " + runId + "]";
    }
}
