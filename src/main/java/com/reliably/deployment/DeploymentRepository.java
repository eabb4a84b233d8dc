package com.reliably.deployment;

import io.quarkus.hibernate.reactive.panache.PanacheQuery;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Set;
import java.util.UUID;

@ApplicationScoped
class DeploymentRepository implements PanacheRepositoryBase<Deployment, UUID> {

    Uni<Deployment> find(UUID orgId, UUID id) {
        return find("orgId = ?1 and id = ?2", orgId, id).firstResult();
    }

    Uni<List<Deployment>> findAll(UUID orgId, Set<UUID> ids) {
        return ids.isEmpty() ? Uni.createFrom().item(List.of()) : list("orgId = ?1 and id in ?2", orgId, ids);
    }

    PanacheQuery<Deployment> all(UUID orgId) {
        return find("orgId = ?1 order by name, id", orgId);
    }
}
