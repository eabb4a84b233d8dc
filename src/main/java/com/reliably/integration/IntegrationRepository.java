package com.reliably.integration;

import com.reliably.environment.IntegrationsOfEnvironment;
import io.quarkus.hibernate.reactive.panache.PanacheQuery;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Set;
import java.util.UUID;

@ApplicationScoped
class IntegrationRepository implements PanacheRepositoryBase<Integration, UUID>, IntegrationsOfEnvironment {

    Uni<Integration> find(UUID orgId, UUID id) {
        return find("orgId = ?1 and id = ?2", orgId, id).firstResult();
    }

    Uni<List<Integration>> findAll(UUID orgId, Set<UUID> ids) {
        return ids.isEmpty() ? Uni.createFrom().item(List.of()) : list("orgId = ?1 and id in ?2", orgId, ids);
    }

    PanacheQuery<Integration> all(UUID orgId) {
        return find("orgId = ?1 order by name, id", orgId);
    }

    PanacheQuery<Integration> matching(UUID orgId, String pattern) {
        return find("orgId = ?1 and name ilike ?2 escape '\\' order by name, id", orgId, pattern);
    }

    @Override
    public Uni<Long> integrationsOfEnvironment(UUID orgId, UUID environmentId) {
        return count("orgId = ?1 and environmentId = ?2", orgId, environmentId);
    }
}
