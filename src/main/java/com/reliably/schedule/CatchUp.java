package com.reliably.schedule;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What becomes of fires that came due while no server could run them. */
@Schema(
        name = "CatchUp",
        enumeration = {"none", "latest", "all"},
        description = "`none`: they are missed; `latest`: the latest within the window is run, the others are missed;"
                + " `all`: every one within the window is run, one after the other")
public enum CatchUp {
    NONE,
    LATEST,
    ALL;

    /** The wire's and the database's name. */
    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** By its name in the database. */
    public static CatchUp of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }
}
