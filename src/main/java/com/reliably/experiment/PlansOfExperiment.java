package com.reliably.experiment;

import com.reliably.answer.LargeAnswer;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.UUID;

/** Knows which plans use an experiment. Plans implement it, so that experiments know nothing of them. */
public interface PlansOfExperiment {

    /**
     * The plans that use the experiment and are not deleted, latest first. Joins the session of its caller.
     *
     * @param pattern what the plan's title must be like, for SQL's {@code ilike … escape '\'}; null for all plans
     */
    Uni<List<UUID>> plansOfExperiment(UUID orgId, UUID experimentId, String pattern);

    /** The ids of all of them, latest first, as a JSON array. Needs no session. */
    Uni<LargeAnswer> planIdsOfExperiment(UUID orgId, UUID experimentId, String pattern);
}
