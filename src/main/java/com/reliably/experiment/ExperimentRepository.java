package com.reliably.experiment;

import io.quarkus.hibernate.reactive.panache.PanacheQuery;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.UUID;

@ApplicationScoped
class ExperimentRepository implements PanacheRepositoryBase<Experiment, UUID> {

    Uni<Experiment> find(UUID orgId, UUID id) {
        return find("orgId = ?1 and id = ?2", orgId, id).firstResult();
    }

    PanacheQuery<Experiment> all(UUID orgId) {
        return find("orgId = ?1 order by title, id", orgId);
    }

    PanacheQuery<Experiment> matching(UUID orgId, String pattern) {
        return find("orgId = ?1 and title ilike ?2 escape '\\' order by title, id", orgId, pattern);
    }

    Uni<List<ExperimentHeader>> headers(UUID orgId, Collection<UUID> ids) {
        return find("orgId = ?1 and id in ?2", orgId, ids)
                .project(ExperimentHeader.class)
                .list();
    }
}
