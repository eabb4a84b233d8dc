package com.reliably.schedule;

import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * The next fires of a schedule.
 *
 * @param pattern  the schedule's pattern
 * @param timezone the zone whose clocks it is read on
 * @param items    the next fires, in their order
 */
@Schema(name = "ScheduleFires")
record FiresView(
        @Schema(examples = "0 9 * * MON-FRI") String pattern,
        @Schema(examples = "Europe/Paris") String timezone,

        @Schema(description = "The next fires, in their order")
        List<Instant> items) {}
