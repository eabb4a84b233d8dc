package com.reliably.web;

import com.reliably.problem.ProblemException;

/** The largest body that is taken at all: {@code quarkus.http.limits.max-body-size}. */
final class BodyLimit {

    private BodyLimit() {}

    /** The answer to a larger one. */
    static ProblemException refusal(long maxBodySize) {
        return ProblemException.tooLarge("The request is larger than the " + maxBodySize
                + " bytes that this server accepts; the operator can raise QUARKUS_HTTP_LIMITS_MAX_BODY_SIZE.");
    }
}
