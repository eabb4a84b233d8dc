package com.reliably.experiment;

import io.smallrye.mutiny.Uni;
import java.util.Collection;
import java.util.Map;
import java.util.UUID;

/** Knows what came of experiments. Executions implement it, so that experiments know nothing of how they are kept. */
public interface ExecutionsOfExperiment {

    /** How many executions these experiments have; those without any are absent. Joins the session of its caller. */
    Uni<Map<UUID, Long>> counts(UUID orgId, Collection<UUID> experimentIds);

    /** The same of all experiments of the organisation. Joins the session of its caller. */
    Uni<Map<UUID, Long>> counts(UUID orgId);

    /**
     * The latest executions of these experiments, without reading any journal; experiments without executions are
     * absent. Joins the session of its caller.
     */
    Uni<Map<UUID, ExecutionHistory>> histories(UUID orgId, Collection<UUID> experimentIds);
}
