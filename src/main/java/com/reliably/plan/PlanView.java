package com.reliably.plan;

import java.time.Instant;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A plan as it is shown. */
@Schema(name = "Plan")
record PlanView(
        UUID id,
        UUID orgId,
        Instant createdDate,
        PlanDefinition definition,

        @Schema(description = "Changed by every update", examples = "c900eb48b75694d1630a0c3387a0b1f5")
        String ref,

        PlanStatus status,

        @Schema(nullable = true, description = "What went wrong last")
        String error,

        long executionsCount,
        PlanExecutions.Last lastExecutionsInfo,

        @Schema(
                nullable = true,
                description = "The shell command that runs a plan which this server never starts itself; null"
                        + " for any other plan. Put a token in its place first.")
        String manualCommand) {}
