package com.reliably.plan;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * When a plan runs.
 *
 * @param viaAgent always false; agents are not part of this server
 * @param type     once, or again and again; null in a request means cron where there is a pattern
 * @param pattern  cron only: five fields, or a nickname
 * @param timezone cron only: an IANA time zone; null in a request means Etc/UTC
 */
@Schema(name = "PlanSchedule")
record PlanSchedule(
        @Schema(
                nullable = true,
                defaultValue = "false",
                description = "Always false: agents are not part of this server")
        Boolean viaAgent,

        @Schema(nullable = true, defaultValue = "now") Type type,

        @Schema(
                nullable = true,
                description = "With the type `cron`: five fields (minute, hour, day of the month, month, day"
                        + " of the week), or a nickname such as `@daily`",
                examples = "0 9 * * MON-FRI")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        String pattern,

        @Schema(
                nullable = true,
                description =
                        "With the type `cron`: a time zone of the IANA database; Etc/UTC where it is" + " left out",
                examples = "Europe/Paris")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        String timezone) {

    /** How often. */
    @Schema(
            name = "PlanScheduleType",
            enumeration = {"now", "cron"},
            description = "`now`: once, when the plan is created, and on request; `cron`: on a schedule")
    public enum Type {
        NOW,
        CRON;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    PlanSchedule {
        viaAgent = viaAgent != null && viaAgent;
        type = type != null ? type : pattern == null ? Type.NOW : Type.CRON;
        boolean cron = type == Type.CRON;
        pattern = cron ? pattern : null;
        timezone = !cron ? null : timezone == null ? "Etc/UTC" : timezone;
    }

    @JsonIgnore
    boolean isCron() {
        return type == Type.CRON;
    }
}
