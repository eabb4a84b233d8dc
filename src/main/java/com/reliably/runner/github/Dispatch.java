package com.reliably.runner.github;

import java.time.Duration;
import java.util.UUID;

/**
 * A run that GitHub is to be asked to start, or was, as the database has it at one moment.
 *
 * @param attempt     which its name at GitHub has
 * @param environment the GitHub environment that the plan names; null where none
 * @param timeout     how long the run may take; null where the server's setting says
 * @param intents     how often it was begun to ask
 * @param intendedFor how long ago GitHub may have been asked; null where it certainly was not
 * @param gitHubRun   what GitHub made of it; null where that is not known
 * @param url         of that for people; null where it is not known
 * @param cancelledFor how long ago somebody asked for its end; null where nobody did
 */
record Dispatch(
        UUID orgId,
        UUID runId,
        UUID planId,
        int attempt,
        String environment,
        Duration timeout,
        int intents,
        Duration intendedFor,
        Long gitHubRun,
        String url,
        Duration cancelledFor) {

    /** What the name of the run has at GitHub, and no other's. */
    String mark() {
        return runId + "." + attempt;
    }

    /** By which the server knows it. */
    String reference() {
        return url == null ? referenceOf(runId.toString()) : referenceOf(url);
    }

    static final String SCHEME = "github:";

    static String referenceOf(String what) {
        return SCHEME + what;
    }
}
