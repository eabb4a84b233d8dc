package com.reliably.problem;

import jakarta.ws.rs.WebApplicationException;
import java.util.List;

/**
 * A request that is answered with an error, and what the answer says. Thrown (or failed with) anywhere; turned into a
 * response by {@link ProblemMapper}, inside the transaction's boundary, so that nothing half-done stays behind.
 */
public final class ProblemException extends WebApplicationException {

    private final transient Problem problem;

    private ProblemException(Problem problem) {
        // A WebApplicationException, because JAX-RS makes a bare 404 of anything else that a path converter throws.
        super(problem.title() + ": " + problem.detail(), problem.status());
        this.problem = problem;
    }

    /** What goes over the wire. */
    public Problem problem() {
        return problem;
    }

    /** Without a stack trace: this is an answer, not a surprise. */
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }

    /** 400: understood, but not possible now; {@code detail} says why and what to do. */
    public static ProblemException badRequest(String detail) {
        return new ProblemException(Problem.of(400, detail));
    }

    /** 401: no token, or one that is unknown, revoked or expired. */
    public static ProblemException unauthorized(String detail) {
        return new ProblemException(Problem.of(401, detail));
    }

    /** 403: the token is good, but not for this. */
    public static ProblemException forbidden(String detail) {
        return new ProblemException(Problem.of(403, detail));
    }

    /** 404: nothing of that id in this organisation. */
    public static ProblemException notFound(String detail) {
        return new ProblemException(Problem.of(404, detail));
    }

    /** 405: the path exists, but not with this method. */
    public static ProblemException methodNotAllowed(String detail) {
        return new ProblemException(Problem.of(405, detail));
    }

    /** 408: the body did not arrive in time. */
    public static ProblemException tooSlow(String detail) {
        return new ProblemException(Problem.of(408, detail));
    }

    /** 409: a name is taken, or the row was changed by somebody else meanwhile. */
    public static ProblemException conflict(String detail) {
        return new ProblemException(Problem.of(409, detail));
    }

    /** 413: larger than what this server reads. */
    public static ProblemException tooLarge(String detail) {
        return new ProblemException(Problem.of(413, detail));
    }

    /** 415: a body in a format that this server does not read. */
    public static ProblemException unsupportedMediaType(String detail) {
        return new ProblemException(Problem.of(415, detail));
    }

    /** 422: the request is not valid; every fault names its member. */
    public static ProblemException invalid(List<Fault> faults) {
        return new ProblemException(Problem.of(422, List.copyOf(faults)));
    }

    /** 422 with a single fault. */
    public static ProblemException invalid(Fault fault) {
        return invalid(List.of(fault));
    }

    /** 429: the organisation has as much under way as it may; the same request may succeed later. */
    public static ProblemException tooMany(String detail) {
        return new ProblemException(Problem.of(429, detail));
    }

    /** 503: this server cannot do it now; the same request may succeed later. */
    public static ProblemException unavailable(String detail) {
        return new ProblemException(Problem.of(503, detail));
    }
}
