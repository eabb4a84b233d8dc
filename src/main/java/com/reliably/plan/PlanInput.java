package com.reliably.plan;

import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A plan to create, or what to make of one. */
@Schema(name = "PlanCreate")
record PlanInput(
        @Schema(
                nullable = true,
                description = "For people; need not be unique",
                examples = "Login survives a lost database")
        @Size(min = 1, max = 200, message = "String should have 1 to 200 characters")
        String title,

        @Schema(nullable = true) PlanEnvironment environment,
        @NotNull @Valid PlanDeployment deployment,
        @NotNull PlanSchedule schedule,

        @Schema(nullable = true, description = "What is to become of late, overlapping, long and failed runs") @Valid
        PlanPolicies policies,

        @Schema(nullable = true, description = "Integrations whose controls take part in the run")
        @Size(max = 100, message = "List should have at most 100 items")
        List<UUID> integrations,

        @Schema(description = "What to run. The Reliably CLI runs the first; the others are kept.")
        @NotNull
        @Size(min = 1, max = 100, message = "List should have 1 to 100 items")
        List<UUID> experiments) {

    PlanInput {
        policies = policies == null ? PlanPolicies.DEFAULT : policies;
        integrations = integrations == null ? List.of() : integrations;
        environment = environment == null || environment.isNone() ? null : environment;
    }
}
