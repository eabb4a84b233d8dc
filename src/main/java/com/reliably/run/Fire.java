package com.reliably.run;

import java.time.Instant;
import java.util.UUID;

/**
 * A fire of a plan's schedule, to become a run.
 *
 * @param nominalTime when the schedule says that the plan runs; a plan has one run of each
 * @param missed      why it is not run; null where it is
 * @param error       the same for people; null where it is run
 */
public record Fire(UUID orgId, UUID planId, UUID deploymentId, Instant nominalTime, MissedReason missed, String error) {

    /** A fire that is run. */
    public static Fire toRun(UUID orgId, UUID planId, UUID deploymentId, Instant nominalTime) {
        return new Fire(orgId, planId, deploymentId, nominalTime, null, null);
    }
}
