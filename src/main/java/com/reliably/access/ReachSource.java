package com.reliably.access;

import io.smallrye.mutiny.Uni;
import java.util.UUID;

/** Tells what a plan's client has to see. Plans implement it, so that access knows nothing of them. */
public interface ReachSource {

    /** The reach of a plan, or null where the organisation has no such plan. */
    Uni<Reach> reachOf(UUID orgId, UUID planId);
}
