package com.reliably.plan;

import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * When a cron plan fires next.
 *
 * @param pattern   its pattern
 * @param timezone  the zone whose clocks it is read on
 * @param startedBy who starts a run at these times
 * @param items     the next times that the schedule names, in their order
 */
@Schema(name = "PlanFires")
record PlanFiresView(
        @Schema(examples = "0 9 * * MON-FRI") String pattern,
        @Schema(examples = "Europe/Paris") String timezone,
        FireKeeper startedBy,

        @Schema(description = "The next times that the schedule names, in their order")
        List<Instant> items) {}
