package com.reliably.runner;

/** Why a run could not be started, and what to do about it, for people. Nothing was started. */
public final class LaunchFailure extends RuntimeException {

    public LaunchFailure(String message) {
        super(message);
    }

    public LaunchFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
