package com.reliably.start;

import java.util.Optional;

/** A setting that is needed before Quarkus, and with it the configuration proper, has started. */
final class Setting {

    private Setting() {}

    /** From the environment, else from a system property of either name; blank counts as not set. */
    static Optional<String> of(String environmentName, String propertyName) {
        String value = System.getenv(environmentName);
        if (value == null || value.isBlank()) {
            value = System.getProperty(propertyName);
        }
        return Optional.ofNullable(value).map(String::strip).filter(text -> !text.isEmpty());
    }
}
