package com.reliably.runner.docker;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.exception.DockerException;
import java.io.IOException;

/** What an engine could not, or would not, do. */
final class EngineFailure extends RuntimeException {

    /** No answer came. */
    private static final int NONE = 0;

    private static final int LONGEST = 1000;

    private final int status;

    private EngineFailure(int status, String message, Throwable cause) {
        super(message, cause);
        this.status = status;
    }

    /** The engine answered, and refused. */
    static EngineFailure refused(int status, String message) {
        String text = message.strip();
        return new EngineFailure(status, text.length() > LONGEST ? text.substring(0, LONGEST) + "…" : text, null);
    }

    /** The same, as docker-java tells it. */
    static EngineFailure refused(DockerException refusal, ObjectMapper json) {
        String body = String.valueOf(refusal.getMessage()).replaceFirst("^Status \\d+: ", "");
        return refused(refusal.getHttpStatus(), messageIn(body, json));
    }

    /** What an engine says in the body of a refusal. */
    static String messageIn(String body, ObjectMapper json) {
        try {
            return json.readTree(body).path("message").asText(body);
        } catch (IOException e) {
            return body;
        }
    }

    /** The engine did not answer, or ceased to. */
    static EngineFailure unreachable(String address, Throwable cause) {
        String why = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new EngineFailure(NONE, "The Docker engine at " + address + " cannot be reached: " + why, cause);
    }

    /** Whether the engine gave an answer at all. */
    boolean isAnswer() {
        return status != NONE;
    }

    boolean isNotFound() {
        return status == 404;
    }

    boolean isConflict() {
        return status == 409;
    }
}
