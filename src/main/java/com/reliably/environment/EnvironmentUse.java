package com.reliably.environment;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What an environment is for. It helps people to find theirs; the server treats all alike. */
@Schema(name = "EnvironmentUse", description = "What the environment is for")
public enum EnvironmentUse {
    PLAN,
    NOTIFICATION,
    INTEGRATION,
    SNAPSHOT;

    /** The wire's and the database's name. */
    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    static EnvironmentUse of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }
}
