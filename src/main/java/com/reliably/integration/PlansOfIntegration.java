package com.reliably.integration;

import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.UUID;

/** Knows which plans use an integration. Plans implement it, so that integrations know nothing of them. */
public interface PlansOfIntegration {

    /** The plans that use the integration, latest first. Joins the session of its caller. */
    Uni<List<UUID>> plansOfIntegration(UUID orgId, UUID integrationId);
}
