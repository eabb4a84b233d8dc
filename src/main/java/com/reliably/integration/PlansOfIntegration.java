package com.reliably.integration;

import com.reliably.answer.LargeAnswer;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.UUID;

/** Knows which plans use an integration. Plans implement it, so that integrations know nothing of them. */
public interface PlansOfIntegration {

    /** The plans that use the integration, latest first. Joins the session of its caller. */
    Uni<List<UUID>> plansOfIntegration(UUID orgId, UUID integrationId);

    /** The ids of all of them, latest first, as a JSON array. Needs no session. */
    Uni<LargeAnswer> planIdsOfIntegration(UUID orgId, UUID integrationId);
}
