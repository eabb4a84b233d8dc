package com.reliably.plan;

import jakarta.validation.constraints.NotNull;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * Where a plan runs.
 *
 * @param deploymentId   the deployment
 * @param deploymentType its type; may be left out of a request, and must not contradict the deployment
 */
@Schema(name = "PlanDeployment")
record PlanDeployment(
        @NotNull UUID deploymentId,

        @Schema(
                nullable = true,
                description = "The deployment's type; may be left out of a request",
                enumeration = {"github", "reliably_cli", "container", "k8s_job", "noop"},
                examples = "reliably_cli")
        String deploymentType) {}
