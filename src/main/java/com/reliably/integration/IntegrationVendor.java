package com.reliably.integration;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Whose product an integration talks to. */
@Schema(name = "IntegrationVendor")
public enum IntegrationVendor {
    DYNATRACE,
    HONEYCOMB,
    GCP,
    SLACK,
    RELIABLY,
    OPENAI,
    GRAFANA;

    /** The wire's and the database's name. */
    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    static IntegrationVendor of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }
}
