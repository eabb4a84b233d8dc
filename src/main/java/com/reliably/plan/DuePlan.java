package com.reliably.plan;

import com.reliably.schedule.CatchUp;
import com.reliably.schedule.CronSchedule;
import com.reliably.schedule.InvalidSchedule;
import com.reliably.schedule.Overlap;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/**
 * A plan whose next fire has come, with everything that decides about it.
 *
 * @param nextFireAt the fire that has come
 * @param window     how late a fire of it may be run; null where the operator's setting says
 * @param keeper     who starts plans with its deployment
 * @param active     whether it has a run that has not ended
 * @param halted     why its organisation is halted, which may be empty; null where it is not
 */
record DuePlan(
        UUID orgId,
        UUID id,
        UUID deploymentId,
        String pattern,
        String timezone,
        Instant nextFireAt,
        CatchUp catchUp,
        Duration window,
        Overlap overlap,
        FireKeeper keeper,
        boolean active,
        String halted) {

    CronSchedule schedule() {
        try {
            return CronSchedule.parse(pattern, timezone);
        } catch (InvalidSchedule e) {
            // It was parsed before it was stored.
            throw new IllegalStateException("The stored schedule of plan " + id + " is not readable", e);
        }
    }
}
