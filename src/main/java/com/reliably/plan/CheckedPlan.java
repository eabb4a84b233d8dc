package com.reliably.plan;

import com.reliably.deployment.DeploymentDefinition;
import com.reliably.schedule.CronSchedule;
import java.time.Instant;
import java.util.Optional;

/**
 * A plan that was found to be possible.
 *
 * @param input      what was asked for
 * @param deployment where it runs
 * @param cron       its schedule; empty for a plan that runs once
 */
record CheckedPlan(PlanInput input, DeploymentDefinition deployment, Optional<CronSchedule> cron) {

    /** When this server has to start it next; empty where it never has to. */
    Optional<Instant> nextFire(Instant after) {
        return FireKeeper.of(deployment) == FireKeeper.SERVER
                ? cron.flatMap(schedule -> schedule.nextFire(after))
                : Optional.empty();
    }

    /** Whether its creation asks for a run. */
    boolean runsAtOnce() {
        return cron.isEmpty() && FireKeeper.isStarted(deployment);
    }
}
