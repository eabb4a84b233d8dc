package com.reliably.integration;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What an integration does for a run; what that takes on the client's side is in {@link IntegrationControl}. */
@Schema(name = "IntegrationProvider")
public enum IntegrationProvider {
    OPENTELEMETRY,
    SLACK,
    PRECHECKS,
    SAFEGUARDS,
    AUTOPAUSE,
    CHATGPT,
    ASSISTANT,
    SNAPSHOT,
    NOTIFICATION;

    /** The wire's and the database's name. */
    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    static IntegrationProvider of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }
}
