package com.reliably.plan;

import com.reliably.schedule.CatchUp;
import com.reliably.schedule.Overlap;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What a plan says about its runs. Whatever is left out has its default.
 *
 * @param catchUp              null in a request means the latest
 * @param catchUpWindowSeconds null: as the operator has set it
 * @param overlap              null in a request means forbid
 * @param timeoutSeconds       null: as the operator has set it
 * @param launchRetries        null in a request means 0
 */
@Schema(name = "PlanPolicies")
record PlanPolicies(
        @Schema(nullable = true, defaultValue = "latest") CatchUp catchUp,

        @Schema(
                nullable = true,
                description = "How late a fire may be run, in seconds; null: as the operator has set it")
        @Min(value = 0, message = "Input should be at least 0")
        @Max(value = PlanPolicies.A_WEEK, message = "Input should be at most 604800, a week")
        Integer catchUpWindowSeconds,

        @Schema(nullable = true, defaultValue = "forbid") Overlap overlap,

        @Schema(nullable = true, description = "How long a run may take, in seconds; null: as the operator has set it")
        @Min(value = 1, message = "Input should be at least 1")
        @Max(value = PlanPolicies.A_WEEK, message = "Input should be at most 604800, a week")
        Integer timeoutSeconds,

        @Schema(
                nullable = true,
                defaultValue = "0",
                description = "How often a launch that failed is tried again. An experiment that has begun never is.")
        @Min(value = 0, message = "Input should be at least 0")
        @Max(value = 10, message = "Input should be at most 10")
        Integer launchRetries) {

    static final int A_WEEK = 604_800;

    PlanPolicies {
        catchUp = catchUp == null ? CatchUp.LATEST : catchUp;
        overlap = overlap == null ? Overlap.FORBID : overlap;
        launchRetries = launchRetries == null ? 0 : launchRetries;
    }

    /** Those of a plan that says nothing. */
    static final PlanPolicies DEFAULT = new PlanPolicies(null, null, null, null, null);

    /** Those that are stored with a plan. */
    static PlanPolicies of(Plan plan) {
        return new PlanPolicies(
                CatchUp.of(plan.catchUp),
                plan.catchUpWindowSeconds,
                Overlap.of(plan.overlap),
                plan.timeoutSeconds,
                plan.launchRetries);
    }

    void writeTo(Plan plan) {
        plan.catchUp = catchUp.toString();
        plan.catchUpWindowSeconds = catchUpWindowSeconds;
        plan.overlap = overlap.toString();
        plan.timeoutSeconds = timeoutSeconds;
        plan.launchRetries = launchRetries;
    }
}
