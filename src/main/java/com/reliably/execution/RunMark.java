package com.reliably.execution;

import java.util.UUID;

/**
 * Reads which run a client was told to be of, where this server told it ({@code RELIABLY_EXECUTION_EXTRA}): an object with the
 * type {@code run}, the provider {@code reliably}, and as its value the run's id, a point, and the attempt.
 */
final class RunMark {

    private static final int LENGTH_OF_ID = 36;

    private String member = "";
    private String type;
    private String provider;
    private String value;
    private UUID runId;

    /** An object begins. */
    void begin() {
        member = "";
        type = null;
        provider = null;
        value = null;
    }

    /** The name of what comes next in the object. */
    void name(String name) {
        member = name;
    }

    /** A text in the object; null where it is no word. */
    void text(String text) {
        switch (member) {
            case "type" -> type = text;
            case "provider" -> provider = text;
            case "value" -> value = text;
            default -> {}
        }
    }

    /** The object ends. */
    void end() {
        if ("run".equals(type) && "reliably".equals(provider) && value != null && value.length() >= LENGTH_OF_ID) {
            try {
                runId = UUID.fromString(value.substring(0, LENGTH_OF_ID));
            } catch (IllegalArgumentException notOurs) {
                // Whoever wrote it meant something else.
            }
        }
    }

    /** The run; null where nothing says so. */
    UUID runId() {
        return runId;
    }
}
