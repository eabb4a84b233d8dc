package com.reliably.access;

import java.util.Set;
import java.util.UUID;

/**
 * What the client that runs one plan has to see.
 *
 * @param planId         the plan itself
 * @param experimentIds  its experiments
 * @param environmentIds its environment, and those of its integrations
 * @param integrationIds its integrations
 */
public record Reach(UUID planId, Set<UUID> experimentIds, Set<UUID> environmentIds, Set<UUID> integrationIds) {

    /** Whether a path that names the given thing stays inside this plan. Unknown kinds of names do not. */
    boolean includes(String pathParameter, UUID id) {
        return switch (pathParameter) {
            case "plan_id" -> planId.equals(id);
            case "exp_id" -> experimentIds.contains(id);
            case "env_id" -> environmentIds.contains(id);
            case "integration_id" -> integrationIds.contains(id);
            // Executions are checked where they are read: they belong to the plan, and to the run where there is one.
            case "org_id", "exec_id" -> true;
            default -> false;
        };
    }
}
