package com.reliably.execution;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** How the Chaos Toolkit says that an experiment ended; whether it deviated is said apart. */
@Schema(name = "ExecutionOutcome")
public enum Outcome {
    COMPLETED,
    FAILED,
    INTERRUPTED,
    ABORTED;

    /** The outcome of this name; empty where there is none. */
    static Optional<Outcome> named(String name) {
        return Stream.of(values())
                .filter(outcome -> outcome.toString().equals(name))
                .findFirst();
    }

    /** The wire's and the database's name. */
    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
