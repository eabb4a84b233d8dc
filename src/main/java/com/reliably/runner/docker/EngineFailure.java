package com.reliably.runner.docker;

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
