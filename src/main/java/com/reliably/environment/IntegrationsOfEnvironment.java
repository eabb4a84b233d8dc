package com.reliably.environment;

import io.smallrye.mutiny.Uni;
import java.util.UUID;

/** Knows which integrations use an environment. Integrations implement it, so that environments know nothing of them. */
public interface IntegrationsOfEnvironment {

    /** How many integrations have this environment. Joins the session of its caller. */
    Uni<Long> integrationsOfEnvironment(UUID orgId, UUID environmentId);
}
