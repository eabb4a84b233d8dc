package com.reliably.plan;

import jakarta.validation.constraints.NotNull;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What a client reports of the plan it runs.
 *
 * @param status how it is doing
 * @param error  what went wrong; may be null
 */
@Schema(name = "PlanNewStatus")
record PlanStatusInput(
        @Schema(description = "`running`, `completed` or `error`", examples = "completed") @NotNull
        PlanStatus status,

        @Schema(nullable = true, description = "What went wrong")
        String error) {}
