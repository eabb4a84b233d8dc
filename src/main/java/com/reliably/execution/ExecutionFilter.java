package com.reliably.execution;

import com.reliably.problem.Fault;
import com.reliably.problem.ProblemException;
import io.quarkus.panache.common.Parameters;
import jakarta.ws.rs.QueryParam;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;

/** Which executions of an organisation are listed: those to which everything that is given applies. */
public final class ExecutionFilter {

    private static final String RUNNING = "running";

    @QueryParam("plan_id")
    @Parameter(description = "Those of this plan")
    UUID planId;

    @QueryParam("experiment_id")
    @Parameter(description = "Those of this experiment")
    UUID experimentId;

    @QueryParam("status")
    @Parameter(
            description = "Those with this outcome; `running` for those that have not finished",
            schema =
                    @Schema(
                            type = SchemaType.STRING,
                            enumeration = {RUNNING, "completed", "failed", "interrupted", "aborted"}))
    String status;

    @QueryParam("deviated")
    @Parameter(description = "Those that deviated, or those that did not")
    Boolean deviated;

    @QueryParam("from")
    @Parameter(description = "Those created at this time or later, as in 2030-12-31 or 2030-12-31T23:59:59Z")
    Instant from;

    @QueryParam("to")
    @Parameter(description = "Those created before this time")
    Instant to;

    /**
     * The conditions as HQL, beginning with {@code and}; their parameters are added.
     *
     * @throws ProblemException 422 where the filter makes no sense
     */
    String conditions(Parameters parameters) {
        StringBuilder conditions = new StringBuilder();
        if (planId != null) {
            conditions.append(" and planId = :plan");
            parameters.and("plan", planId);
        }
        if (experimentId != null) {
            conditions.append(" and experimentId = :experiment");
            parameters.and("experiment", experimentId);
        }
        if (RUNNING.equals(status)) {
            conditions.append(" and finishedAt is null");
        } else if (status != null) {
            conditions.append(" and status = :status");
            parameters.and("status", checkedStatus());
        }
        if (deviated != null) {
            conditions.append(" and deviated = :deviated");
            parameters.and("deviated", deviated);
        }
        if (from != null && to != null && !from.isBefore(to)) {
            throw ProblemException.invalid(
                    Fault.of("value_error", List.of("query", "to"), "'to' must be after 'from'", to));
        }
        if (from != null) {
            conditions.append(" and createdAt >= :from");
            parameters.and("from", from);
        }
        if (to != null) {
            conditions.append(" and createdAt < :to");
            parameters.and("to", to);
        }
        return conditions.toString();
    }

    private String checkedStatus() {
        if (Outcome.named(status).isEmpty()) {
            throw ProblemException.invalid(Fault.of(
                    "enum",
                    List.of("query", "status"),
                    "Input should be 'running', 'completed', 'failed', 'interrupted' or 'aborted'",
                    status));
        }
        return status;
    }
}
