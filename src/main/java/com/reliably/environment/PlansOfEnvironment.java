package com.reliably.environment;

import com.reliably.answer.LargeAnswer;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.UUID;

/** Knows which plans use an environment. Plans implement it, so that environments know nothing of them. */
public interface PlansOfEnvironment {

    /** The plans that use the environment themselves, latest first. Joins the session of its caller. */
    Uni<List<UUID>> plansOfEnvironment(UUID orgId, UUID environmentId);

    /** Tells the plans that use the environment that it is another one now. Joins the transaction of the change. */
    Uni<Void> environmentChanged(UUID orgId, UUID environmentId);

    /** The ids of all of them, latest first, as a JSON array. Needs no session. */
    Uni<LargeAnswer> planIdsOfEnvironment(UUID orgId, UUID environmentId);
}
