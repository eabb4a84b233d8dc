package com.reliably.engine;

import io.smallrye.mutiny.Uni;
import java.util.UUID;

/** What schedules at engines need of plans. Plans implement it, so that schedules know nothing of how plans are kept. */
public interface SchedulePlans {

    /** What a plan says of its schedule, deleted or not; null where there never was such a plan. Joins the session of its caller. */
    Uni<PlannedSchedule> scheduleOf(UUID orgId, UUID planId);

    /**
     * Locks a plan, deleted or not, until the transaction of the caller ends. Whoever changes a plan and its schedule locks
     * the plan first.
     */
    Uni<Void> lock(UUID orgId, UUID planId);

    /** Tells a plan that was {@link #lock}ed what became of its schedule. Joins the transaction of its caller. */
    Uni<Void> tell(UUID orgId, UUID planId, ScheduleNews news);
}
