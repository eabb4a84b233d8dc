package com.reliably.plan;

import java.time.Instant;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What came of a plan so far.
 *
 * @param count how many executions it has
 * @param last  the latest of them
 */
public record PlanExecutions(long count, Last last) {

    /** A plan that has none. */
    public static final PlanExecutions NONE = new PlanExecutions(0, new Last(null, null));

    /**
     * The latest executions of a plan.
     *
     * @param running    the execution that started last, and when; null where there is none
     * @param terminated the execution that finished last, and when; null where there is none
     */
    @Schema(name = "PlanLastExecutionInfo")
    public record Last(
            @Schema(nullable = true, description = "The execution that started last")
            Moment running,

            @Schema(nullable = true, description = "The execution that finished last")
            Moment terminated) {}

    /**
     * An execution at a moment.
     *
     * @param id        the execution
     * @param timestamp when it started, or finished
     */
    @Schema(name = "PlanExecutionMoment")
    public record Moment(UUID id, Instant timestamp) {}
}
