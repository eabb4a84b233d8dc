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
 * The cron schedule of a plan, for an engine that keeps it.
 *
 * @param orgId               the organisation
 * @param planId              the plan
 * @param reference           by which the engine knows it; null before it was installed
 * @param pattern             the five fields of crontab(5)
 * @param timezone            an IANA zone
 * @param suspended           whether nothing is to be started for now
 * @param overlap             what becomes of a fire while a run goes on
 * @param catchUpWindow       how late a fire may be run; zero where late fires are not run
 * @param timeout             how long a run may take; null where the runner's setting says
 * @param definition          the deployment's definition, its secrets in clear
 * @param providerEnvironment the environment that the plan names at the deployment's provider (GitHub); null where none
 * @param secretFiles         looks up the secret files of the plan's environment, in clear
 * @param newToken            makes a token limited to the plan, which ends by itself after at least this long, or with
 *     the schedule; it is replaced by another install before that. Any that was made for this schedule before goes on for
 *     as long as a run may take that has begun with it
 * @param isRecorded          looks up whether a run that the engine has started is known to the server, by its reference
 */
public record EngineSchedule(
        UUID orgId,
        UUID planId,
        String reference,
        String pattern,
        String timezone,
        boolean suspended,
        Overlap overlap,
        Duration catchUpWindow,
        Duration timeout,
        DeploymentDefinition definition,
        String providerEnvironment,
        Supplier<Uni<List<SecretFile>>> secretFiles,
        Function<Duration, Uni<String>> newToken,
        Function<String, Uni<Boolean>> isRecorded) {

    /** Without the definition's secrets. */
    @Override
    public String toString() {
        return "EngineSchedule[plan " + planId + ", " + pattern + " " + timezone + "]";
    }
}
