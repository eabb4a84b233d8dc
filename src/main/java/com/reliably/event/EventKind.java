package com.reliably.event;

import com.fasterxml.jackson.annotation.JsonValue;
import com.reliably.problem.Fault;
import com.reliably.problem.ProblemException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What events are about. */
@Schema(name = "EventKind")
public enum EventKind {
    RUN,
    PLAN,
    EXECUTION;

    /** The wire's and the database's name. */
    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    static EventKind of(String stored) {
        return valueOf(stored.toUpperCase(Locale.ROOT));
    }

    /** Reads the query parameter {@code kind}; called by the HTTP layer. */
    public static EventKind fromString(String text) {
        return Arrays.stream(values())
                .filter(kind -> kind.toString().equals(text))
                .findFirst()
                .orElseThrow(() -> ProblemException.invalid(Fault.of(
                        "enum", List.of("query", "kind"), "Input should be 'run', 'plan' or 'execution'", text)));
    }
}
