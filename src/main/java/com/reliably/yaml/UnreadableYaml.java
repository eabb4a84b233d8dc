package com.reliably.yaml;

/** Refusal of a text that is no document, or none that is taken. Its message completes "The text is …" and quotes nothing. */
public final class UnreadableYaml extends Exception {

    private static final long serialVersionUID = 1L;

    /** Says why, for people. */
    public UnreadableYaml(String message) {
        super(message, null, false, false);
    }
}
