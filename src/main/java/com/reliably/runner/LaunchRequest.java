package com.reliably.runner;

import com.reliably.deployment.DeploymentDefinition;
import com.reliably.schedule.Overlap;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A run to start.
 *
 * @param orgId               the organisation
 * @param planId              the plan
 * @param runId               the run
 * @param attempt             which attempt to launch it this is, from 1
 * @param failures            how many of the earlier attempts have failed, and are over: what these have left is not this
 *     one's. All others may have started it
 * @param requestedBy         the token that asked for it; null for a schedule
 * @param definition          the deployment's definition, its secrets in clear
 * @param timeout             how long the run may take; null where the runner's setting says
 * @param providerEnvironment the environment that the plan names at the deployment's provider (GitHub); null where none
 * @param overlap             whether runs of the plan may go on beside each other. The server sees to that itself; an engine
 *     that queues runs has to know it too
 * @param secretFiles         looks up the secret files of the plan's environment, in clear
 * @param newToken            makes the run's token, which ends by itself after at least this long; ends any that was
 *     made for this run before
 */
public record LaunchRequest(
        UUID orgId,
        UUID planId,
        UUID runId,
        int attempt,
        int failures,
        UUID requestedBy,
        DeploymentDefinition definition,
        Duration timeout,
        String providerEnvironment,
        Overlap overlap,
        Supplier<Uni<List<SecretFile>>> secretFiles,
        Function<Duration, Uni<String>> newToken) {

    /** The run as its engine has it, without a reference. */
    public RunAtEngine atEngine() {
        return new RunAtEngine(orgId, planId, runId, attempt, failures, null, () -> Uni.createFrom()
                .item(definition));
    }

    /** Without the definition's secrets. */
    @Override
    public String toString() {
        return "LaunchRequest[run " + runId + ", attempt " + attempt + "]";
    }
}
