package com.reliably.schedule;

import jakarta.validation.constraints.NotNull;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A schedule to look at.
 *
 * @param pattern  five fields, or a nickname
 * @param timezone an IANA time zone; null means Etc/UTC
 */
@Schema(name = "SchedulePreview")
record ScheduleInput(
        @Schema(
                description =
                        "Five fields (minute, hour, day of the month, month, day of the week), or a nickname such as"
                                + " `@daily`",
                examples = "0 9 * * MON-FRI")
        @NotNull
        String pattern,

        @Schema(
                description = "A time zone of the IANA database",
                nullable = true,
                defaultValue = "Etc/UTC",
                examples = "Europe/Paris")
        String timezone) {

    ScheduleInput {
        timezone = timezone == null ? "Etc/UTC" : timezone;
    }
}
