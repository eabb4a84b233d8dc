package com.reliably.integration;

import com.reliably.environment.EnvironmentInput;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** An integration to create, with the environment that configures it. */
@Schema(name = "IntegrationCreate")
record IntegrationInput(
        @Schema(description = "Unique in the organization", examples = "traces to Grafana")
        @NotNull
        @Size(min = 1, max = 200, message = "String should have 1 to 200 characters")
        String name,

        @NotNull IntegrationProvider provider,
        @Schema(nullable = true) IntegrationVendor vendor,

        @Schema(description = "The integration's own environment: created with it, and deleted with it") @NotNull @Valid
        EnvironmentInput environment) {}
