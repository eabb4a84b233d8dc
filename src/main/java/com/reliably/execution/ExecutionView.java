package com.reliably.execution;

import com.reliably.web.RawJson;
import java.time.Instant;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** An execution as it is shown. */
@Schema(name = "Execution")
record ExecutionView(
        @Schema(
                description =
                        "The journal; in lists only what sums it up: status, deviated, start, end, duration and the "
                                + "experiment's title")
        RawJson result,

        UUID id,
        UUID orgId,
        UUID experimentId,
        @Schema(nullable = true) UUID planId,

        @Schema(nullable = true, description = "The id of the token that reported it")
        UUID userId,

        Instant createdDate,
        @Schema(implementation = ExecutionState.class) RawJson userState) {

    static ExecutionView listed(Execution execution) {
        return new ExecutionView(
                new RawJson(execution.summary),
                execution.id,
                execution.orgId,
                execution.experimentId,
                execution.planId,
                execution.createdBy,
                execution.createdAt,
                new RawJson(execution.state));
    }
}
