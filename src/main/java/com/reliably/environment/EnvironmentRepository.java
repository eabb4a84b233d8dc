package com.reliably.environment;

import io.quarkus.hibernate.reactive.panache.PanacheQuery;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.util.UUID;

@ApplicationScoped
class EnvironmentRepository implements PanacheRepositoryBase<Environment, UUID> {

    private static final String ONE = "orgId = ?1 and id = ?2";

    Uni<Environment> find(UUID orgId, UUID id) {
        return find(ONE, orgId, id).firstResult();
    }

    /** The same, locked until the transaction ends: two changes of single entries at once must both be kept. */
    Uni<Environment> findToChange(UUID orgId, UUID id) {
        return find(ONE, orgId, id).withLock(LockModeType.PESSIMISTIC_WRITE).firstResult();
    }

    PanacheQuery<Environment> all(UUID orgId) {
        return find("orgId = ?1 order by name, id", orgId);
    }

    PanacheQuery<Environment> matching(UUID orgId, String pattern) {
        return find("orgId = ?1 and name ilike ?2 escape '\\' order by name, id", orgId, pattern);
    }
}
