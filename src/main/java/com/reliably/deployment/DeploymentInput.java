package com.reliably.deployment;

import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A deployment to create, or what to make of one. */
@Schema(name = "DeploymentCreate")
record DeploymentInput(
        @Schema(description = "Unique in the organization", examples = "staging cluster")
        @NotNull
        @Size(min = 1, max = 200, message = "String should have 1 to 200 characters")
        String name,

        @NotNull DeploymentDefinition definition) {}
