package com.reliably.run;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What made a run. */
@Schema(name = "RunTrigger")
public enum RunTrigger {
    /** The plan's cron schedule, kept by this server. */
    SCHEDULE,
    /** A request: the creation of a {@code now} plan, or {@code POST …/run}. */
    API,
    /** The engine's own schedule. */
    ENGINE;

    /** The wire's and the database's name. */
    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    static RunTrigger of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }
}
