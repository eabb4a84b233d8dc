package com.reliably.deployment;

import io.smallrye.mutiny.Uni;
import java.util.Map;
import java.util.UUID;

/** Has an engine look at a deployment before it is stored, as if a plan were run with it. */
public interface DeploymentTrial {

    /**
     * What the engine would refuse whatever became of the rest: what is wrong with each member, by its name. Nothing where
     * it cannot be asked right now, or may not be: that does not keep a deployment from being stored. Never fails, and
     * takes seconds at most.
     *
     * @param definition of any type, its secrets in clear
     */
    Uni<Map<String, String>> refusals(UUID orgId, DeploymentDefinition definition);
}
