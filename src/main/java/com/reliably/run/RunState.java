package com.reliably.run;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Where a run is on its way. Which way leads where is enforced by the database (V1__schema.sql). */
@Schema(name = "RunState")
public enum RunState {
    /** Accepted, and not yet taken up by any server. */
    PENDING,
    /** Taken up; its engine may or may not have been told. */
    LAUNCHING,
    /** Its engine runs it. */
    RUNNING,
    /** Ended by itself, with an experiment that was carried out (whether it deviated is for the execution to say). */
    SUCCEEDED,
    /** Could not be started, or ended badly. */
    FAILED,
    /** Ended because somebody asked. */
    CANCELLED,
    /** What became of it cannot be known. */
    LOST,
    /** A due fire that was not run, kept so that it can be seen. */
    MISSED;

    /** Whether nothing follows. */
    public boolean isFinal() {
        return ordinal() >= SUCCEEDED.ordinal();
    }

    /** The wire's and the database's name. */
    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** By its name in the database. */
    public static RunState of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }
}
