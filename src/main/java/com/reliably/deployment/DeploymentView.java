package com.reliably.deployment;

import java.time.Instant;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A deployment as it is shown: with masked secrets. */
@Schema(name = "Deployment")
public record DeploymentView(
        @Schema(examples = "staging cluster") String name,
        DeploymentDefinition definition,
        UUID id,
        UUID orgId,
        Instant createdDate) {}
