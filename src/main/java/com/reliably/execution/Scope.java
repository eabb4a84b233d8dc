package com.reliably.execution;

import com.reliably.access.Caller;
import java.util.UUID;

/**
 * Which executions a caller may touch: those of the organisation, and for the client that runs a plan only those of its
 * plan, and of its run where it belongs to one.
 *
 * @param planId null for any
 * @param runId  null for any
 */
record Scope(UUID orgId, UUID planId, UUID runId) {

    static Scope of(Caller caller) {
        return caller.isRun()
                ? new Scope(caller.orgId(), caller.reach().planId(), caller.runId())
                : new Scope(caller.orgId(), null, null);
    }
}
