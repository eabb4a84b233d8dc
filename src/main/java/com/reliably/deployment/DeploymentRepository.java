package com.reliably.deployment;

import io.quarkus.hibernate.reactive.panache.PanacheQuery;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.UUID;

@ApplicationScoped
class DeploymentRepository implements PanacheRepositoryBase<Deployment, UUID> {

    Uni<Deployment> find(UUID orgId, UUID id) {
        return find("orgId = ?1 and id = ?2", orgId, id).firstResult();
    }

    PanacheQuery<Deployment> all(UUID orgId) {
        return find("orgId = ?1 order by name, id", orgId);
    }

    PanacheQuery<Deployment> matching(UUID orgId, String pattern) {
        return find("orgId = ?1 and name ilike ?2 escape '\\' order by name, id", orgId, pattern);
    }
}
