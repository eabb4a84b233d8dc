package com.reliably.schedule;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What becomes of a fire, or a request, while a run of the plan has not ended. */
@Schema(
        name = "Overlap",
        enumeration = {"forbid", "allow", "replace"},
        description =
                "`forbid`: it is missed, a request is refused; `allow`: another run begins beside it; `replace`: the run"
                        + " is cancelled, and the new one begins when it has ended")
public enum Overlap {
    FORBID,
    ALLOW,
    REPLACE;

    /** The wire's and the database's name. */
    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** By its name in the database. */
    public static Overlap of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }
}
