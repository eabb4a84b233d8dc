package com.reliably.plan;

import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What a plan consists of, as it is shown. */
@Schema(name = "PlanDefinition")
record PlanDefinition(
        @Schema(nullable = true, examples = "Login survives a lost database")
        String title,

        @Schema(nullable = true) PlanEnvironment environment,
        PlanDeployment deployment,
        PlanSchedule schedule,
        PlanPolicies policies,
        List<UUID> integrations,
        List<UUID> experiments) {}
