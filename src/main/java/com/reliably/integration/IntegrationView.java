package com.reliably.integration;

import java.time.Instant;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** An integration as it is shown. */
@Schema(name = "Integration")
public record IntegrationView(
        @Schema(examples = "traces to Grafana") String name,
        IntegrationProvider provider,
        @Schema(nullable = true) IntegrationVendor vendor,
        UUID id,
        UUID orgId,
        Instant createdDate,

        @Schema(description = "The environment that configures it")
        UUID environmentId) {}
