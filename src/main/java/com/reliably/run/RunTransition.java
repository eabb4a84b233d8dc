package com.reliably.run;

import java.time.Instant;
import java.time.OffsetDateTime;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A step on the way of a run, as the database recorded it. */
@Schema(name = "RunTransition")
record RunTransition(
        @Schema(nullable = true, description = "The state before; null for the first")
        RunState from,

        RunState to,
        Instant at,

        @Schema(nullable = true, description = "The server that made the step, or the reason")
        String cause) {

    static RunTransition of(Object[] row) {
        return new RunTransition(
                row[0] == null ? null : RunState.of((String) row[0]),
                RunState.of((String) row[1]),
                instant(row[2]),
                (String) row[3]);
    }

    private static Instant instant(Object value) {
        return value instanceof OffsetDateTime time ? time.toInstant() : (Instant) value;
    }
}
