package com.reliably.runner.github;

import com.reliably.schedule.Overlap;
import java.time.Duration;
import java.util.UUID;

/**
 * A run that GitHub is to be asked to start, or was, as the database has it at one moment.
 *
 * @param attempt     which its name at GitHub has
 * @param environment the GitHub environment that the plan names; null where none
 * @param timeout     how long the run may take; null where the server's setting says
 * @param overlap     whether runs of the plan may go on beside each other
 * @param repository  where GitHub was asked, as in {@code github.com/my-org/my-repo}; null where it was not yet
 * @param intents     how often it was begun to ask
 * @param askings     how often of these GitHub may have been asked: all but those that it certainly refused
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
        Overlap overlap,
        String repository,
        int intents,
        int askings,
        Duration intendedFor,
        Long gitHubRun,
        String url,
        Duration cancelledFor) {

    static final String SCHEME = "github:";

    /** What the name of the run has at GitHub, and no other's. */
    String mark() {
        return runId + "." + attempt;
    }

    /** By which the server knows it. */
    String reference() {
        return referenceOf(url == null ? runId.toString() : url);
    }

    static String referenceOf(String what) {
        return SCHEME + what;
    }

    /** Whether GitHub has it, or may have it for all that is known. */
    boolean mayBeAtGitHub() {
        return gitHubRun != null || intendedFor != null;
    }

    /** Whether GitHub may have been asked more than once, so that it may have the run twice. */
    boolean mayBeTwice() {
        return askings > 1;
    }
}
