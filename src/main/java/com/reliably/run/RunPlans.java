package com.reliably.run;

import com.reliably.secret.SecretMask;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.UUID;

/** What runs need of plans. Plans implement it, so that runs know nothing of how plans are kept. */
public interface RunPlans {

    /** The plan of a run, or null where it was deleted. Joins the session of its caller. */
    Uni<RunnablePlan> runnable(UUID orgId, UUID planId);

    /** Masks the plan's secrets, also where it was deleted. Joins the session of its caller, where there is one. */
    Uni<SecretMask> mask(UUID orgId, UUID planId);

    /** Tells the plan that one of its runs changed. Joins the transaction of the change. */
    Uni<Void> runChanged(RunChange change);

    /** The same for runs of many plans. */
    Uni<Void> runsChanged(List<RunChange> changes);

    /**
     * Tells the plan why its engine cannot begin a run yet. Joins the transaction of its caller.
     *
     * @param why for people
     */
    Uni<Void> runWaits(UUID orgId, UUID planId, String why);
}
