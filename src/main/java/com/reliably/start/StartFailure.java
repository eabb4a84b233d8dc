package com.reliably.start;

/** Why the server cannot start, in words for whoever started it. */
final class StartFailure extends RuntimeException {

    StartFailure(String message) {
        super(message);
    }

    StartFailure(String message, Throwable cause) {
        super(message + ": " + cause.getMessage(), cause);
    }
}
