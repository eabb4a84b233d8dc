package com.reliably.run;

import io.smallrye.mutiny.Uni;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** What runs need of executions, which implement it. Every method joins the session or transaction of its caller. */
public interface RunExecutions {

    /**
     * What the client of a run reported.
     *
     * @param id       the execution
     * @param status   {@code completed}, {@code interrupted}, {@code aborted}, {@code failed}; null while it goes on
     * @param deviated whether the steady state was not met; null while that is not known
     * @param finished whether the client said that it is over
     * @param open     whether its journal is stored, and does not say how it ended: the last report of it did not come
     */
    record Reported(UUID id, String status, Boolean deviated, boolean finished, boolean open) {

        /** What was reported whole, or without a journal. */
        public Reported(UUID id, String status, Boolean deviated, boolean finished) {
            this(id, status, deviated, finished, false);
        }
    }

    /** What the client of a run reported, in the order in which it did. */
    Uni<List<Reported>> ofRun(UUID orgId, UUID runId);

    /** The ids of what the clients of several runs reported; runs without any are left out. */
    Uni<Map<UUID, List<UUID>>> idsOfRuns(UUID orgId, Set<UUID> runIds);

    /**
     * Gives a run what its client may have reported before anybody knew of the run, because the client has no token of the
     * run's own: of each experiment the first report of the plan since then that no run has.
     */
    Uni<Void> adopt(UUID orgId, UUID planId, UUID runId, Instant since);

    /** Ends, as aborted, what the client of a run left unfinished: it is gone, and nothing more will come. */
    Uni<Void> abandon(UUID orgId, UUID runId);
}
