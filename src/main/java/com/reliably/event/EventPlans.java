package com.reliably.event;

import io.smallrye.mutiny.Uni;
import java.util.UUID;

/** What events need of plans. Plans implement it, so that events know nothing of how plans are kept. */
public interface EventPlans {

    /** Whether the organisation has, or had, this plan: the last event of a plan is its deletion. */
    Uni<Boolean> existed(UUID orgId, UUID planId);
}
