package com.reliably.event;

import jakarta.ws.rs.QueryParam;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;

/** Which events of an organisation are followed: those to which everything that is given applies. */
public final class EventFilter {

    @QueryParam("kind")
    @Parameter(description = "Those of this kind; may be repeated")
    List<EventKind> kinds;

    @QueryParam("plan_id")
    @Parameter(description = "Those of this plan, its runs and its executions")
    UUID planId;

    /** Names for SQL; null for all. */
    String[] kindNames() {
        return kinds == null || kinds.isEmpty()
                ? null
                : kinds.stream().map(EventKind::toString).toArray(String[]::new);
    }
}
