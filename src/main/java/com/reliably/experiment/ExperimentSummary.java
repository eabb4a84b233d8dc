package com.reliably.experiment;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** How an experiment fares. */
@Schema(name = "ExperimentSummary")
record ExperimentSummary(
        UUID id,
        @Schema(examples = "The service answers") String title,

        @Schema(nullable = true, description = "The experiment's description")
        String desc,

        @Schema(nullable = true, description = "The id of the token that created it")
        String createdBy,

        Instant createdDate,
        UUID orgId,
        @Schema(nullable = true) UUID templateId,

        @Schema(description = "The status of the five latest executions, the latest first; null for one that runs")
        List<String> lastStatuses,

        @Schema(nullable = true, description = "When the latest execution was created")
        Instant lastExecution,

        @Schema(nullable = true, description = "The mean of the trend, from 0 to 1; null where there is none")
        Double score,

        @Schema(
                nullable = true,
                implementation = Object[][].class,
                description = "The outcome of the ten latest executions, the latest first: [execution id, time, "
                        + "1 completed, 0.5 failed, 0 deviated]. Executions without such an outcome are left out;"
                        + " null where none has one")
        List<List<Object>> trend,

        long executionsCount) {

    static ExperimentSummary of(UUID orgId, ExperimentHeader header, ExecutionHistory history) {
        return new ExperimentSummary(
                header.id(),
                header.title(),
                header.description(),
                header.createdBy() == null ? null : header.createdBy().toString(),
                header.createdAt(),
                orgId,
                header.templateId(),
                history.lastStatuses(),
                history.lastExecution(),
                history.score(),
                history.trend(),
                history.count());
    }
}
