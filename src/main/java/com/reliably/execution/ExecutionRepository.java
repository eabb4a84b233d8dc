package com.reliably.execution;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.PanacheQuery;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.quarkus.panache.common.Parameters;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Lists of executions, without their journals. */
@ApplicationScoped
class ExecutionRepository implements PanacheRepositoryBase<Execution, UUID> {

    PanacheQuery<Execution> ofExperiment(UUID orgId, UUID experimentId) {
        return find("orgId = ?1 and experimentId = ?2 order by createdAt desc, id", orgId, experimentId);
    }

    PanacheQuery<Execution> ofPlan(UUID orgId, UUID planId) {
        return find("orgId = ?1 and planId = ?2 order by createdAt desc, id", orgId, planId);
    }

    PanacheQuery<Execution> matching(UUID orgId, ExecutionFilter filter) {
        Parameters parameters = Parameters.with("org", orgId);
        return find("orgId = :org" + filter.conditions(parameters) + " order by createdAt desc, id", parameters);
    }

    Uni<List<Execution>> findAll(UUID orgId, List<UUID> ids) {
        return list("orgId = ?1 and id in ?2", orgId, ids);
    }

    /** In the order in which they were reported. */
    Uni<List<Execution>> ofRuns(UUID orgId, Set<UUID> runIds) {
        return list("orgId = ?1 and runId in ?2 order by createdAt, id", orgId, runIds);
    }

    /**
     * Gives this state to every unfinished execution that does not have it yet, and that no run has that goes on: what a run
     * was left with that has ended is of a client that nobody follows.
     */
    Uni<List<UUID>> terminateAll(UUID orgId, String state) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        update execution set state = cast(cast(?2 as text) as jsonb)
                        where id = any (array(
                            select e.id from execution e where e.org_id = ?1 and e.finished_at is null
                              and not exists (select 1 from run r where r.id = e.run_id and r.org_id = ?1
                                              and r.state in ('pending', 'launching', 'running'))
                              and e.state ->> 'current' <> 'terminate'
                            order by e.id for no key update of e))
                        returning id
                        """, UUID.class)
                .setParameter(1, orgId)
                .setParameter(2, state)
                .getResultList());
    }

    Uni<Long> delete(UUID orgId, UUID experimentId, UUID id) {
        return delete("orgId = ?1 and experimentId = ?2 and id = ?3", orgId, experimentId, id);
    }
}
