package com.reliably.organization;

import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.UUID;

/**
 * Knows which stored plans can no longer be run once a second organisation is there. Those who refuse them implement it, so that
 * organisations know nothing of plans.
 */
public interface SecondOrganizationImpact {

    /** The plans of an organisation that this concerns. Joins the session of its caller. */
    Uni<List<ConcernedPlan>> concernedPlans(UUID orgId);
}
