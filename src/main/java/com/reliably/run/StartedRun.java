package com.reliably.run;

import java.time.Instant;
import java.util.UUID;

/**
 * A run that an engine has started.
 *
 * @param reference   by which the engine knows it
 * @param url         where people see it there; may be null
 * @param nominalTime when the schedule said that it should run; null where another run of the plan has that time
 * @param since       from when on its client may have reported
 * @param unwanted    why it should not have been started, so that its end is asked for; null where it should
 */
record StartedRun(
        UUID id,
        UUID orgId,
        UUID planId,
        UUID deploymentId,
        String reference,
        String url,
        Instant nominalTime,
        Instant since,
        String unwanted) {

    StartedRun(
            UUID id,
            UUID orgId,
            UUID planId,
            UUID deploymentId,
            String reference,
            String url,
            Instant nominalTime,
            String unwanted) {
        this(id, orgId, planId, deploymentId, reference, url, nominalTime, nominalTime, unwanted);
    }

    /**
     * The same where the plan has another run of that time.
     *
     * @param other that one
     */
    StartedRun beside(Run other) {
        String why = unwanted;
        if (other.state() == RunState.MISSED) {
            why = "The fire of " + nominalTime + " was given up before; this run of it is cancelled.";
        } else if (!deploymentId.equals(other.deploymentId)) {
            why = "Another deployment has run the fire of " + nominalTime + "; this run of it is cancelled.";
        }
        return new StartedRun(id, orgId, planId, deploymentId, reference, url, null, since, why);
    }
}
