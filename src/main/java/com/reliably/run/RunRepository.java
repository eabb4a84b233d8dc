package com.reliably.run;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.PanacheQuery;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

@ApplicationScoped
class RunRepository implements PanacheRepositoryBase<Run, UUID> {

    private static final String ACTIVE = "state in ('pending', 'launching', 'running')";

    Uni<Run> find(UUID orgId, UUID id) {
        return find("orgId = ?1 and id = ?2", orgId, id).firstResult();
    }

    /** The same, locked until the transaction ends, so that two causes do not end a run twice. */
    Uni<Run> findLocked(UUID orgId, UUID id) {
        return find("orgId = ?1 and id = ?2", orgId, id)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .firstResult();
    }

    /**
     * Runs of an organisation, latest first.
     *
     * @param planId null for those of all plans
     * @param state  null for those in any state
     */
    PanacheQuery<Run> listed(UUID orgId, UUID planId, RunState state) {
        List<String> conditions = new ArrayList<>(List.of("orgId = :orgId"));
        Map<String, Object> values = new HashMap<>(Map.of("orgId", orgId));
        if (planId != null) {
            conditions.add("planId = :planId");
            values.put("planId", planId);
        }
        if (state != null) {
            conditions.add("state = :state");
            values.put("state", state.toString());
        }
        return find(String.join(" and ", conditions) + " order by createdAt desc, id", values);
    }

    Uni<Boolean> hasActive(UUID orgId, UUID planId) {
        return count("orgId = ?1 and planId = ?2 and " + ACTIVE, orgId, planId).map(n -> n > 0);
    }

    Uni<List<Run>> activeOfPlan(UUID orgId, UUID planId) {
        return find("orgId = ?1 and planId = ?2 and " + ACTIVE, orgId, planId)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .list();
    }

    /** Inserts a run, unless its plan has one of the same nominal time already. */
    Uni<Boolean> insertOnce(Run run) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        insert into run (id, org_id, plan_id, deployment_id, state, trigger, nominal_time, created_at,
                                         created_by, ended_at, error, attempt, log_read, log_kept)
                        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, 0, 0)
                        on conflict on constraint run_fires_once do nothing
                        """)
                .setParameter(1, run.id)
                .setParameter(2, run.orgId)
                .setParameter(3, run.planId)
                .setParameter(4, run.deploymentId)
                .setParameter(5, run.state)
                .setParameter(6, run.trigger)
                .setParameter(7, run.nominalTime)
                .setParameter(8, run.createdAt)
                .setParameter(9, run.createdBy)
                .setParameter(10, run.endedAt)
                .setParameter(11, run.error)
                .executeUpdate()
                .map(inserted -> inserted == 1));
    }

    /**
     * Runs of any organisation that nobody has taken up, oldest first, locked until the transaction ends; those that
     * another server is taking up this moment are passed over.
     */
    Uni<List<Run>> lockPending(int most) {
        return Panache.getSession().chain(session -> session.createNativeQuery(
                        "select * from run where state = 'pending' order by created_at limit ?1 for update skip locked",
                        Run.class)
                .setParameter(1, most)
                .getResultList());
    }

    /** Runs of any organisation whose owner has not been heard of since {@code before}, locked like the pending ones. */
    Uni<List<Run>> lockAbandoned(Instant before, int most) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        select * from run where state in ('launching', 'running') and lease_until < ?1
                        order by lease_until limit ?2 for update skip locked
                        """, Run.class)
                .setParameter(1, before)
                .setParameter(2, most)
                .getResultList());
    }

    /** What a server has to follow. */
    Uni<List<Run>> ownedBy(String owner) {
        return list("owner = ?1 and state in ('launching', 'running')", owner);
    }

    Uni<Integer> renewLeases(String owner, Instant until) {
        return update("leaseUntil = ?1 where owner = ?2 and state in ('launching', 'running')", until, owner);
    }

    /** Adds a piece of output; one that is there already (taken over twice, after a crash) stays as it is. */
    Uni<Void> addLog(UUID runId, long firstByte, String text) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        insert into run_log (run_id, first_byte, text) values (?1, ?2, ?3) on conflict do nothing
                        """)
                .setParameter(1, runId)
                .setParameter(2, firstByte)
                .setParameter(3, text)
                .executeUpdate()
                .replaceWithVoid());
    }

    Uni<String> log(UUID runId) {
        return Panache.getSession().chain(session -> session.createNativeQuery(
                        "select coalesce(string_agg(text, '' order by first_byte), '') from run_log where run_id = ?1",
                        String.class)
                .setParameter(1, runId)
                .getSingleResult());
    }

    Uni<List<RunTransition>> history(UUID runId) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        select from_state, to_state, at, cause from run_transition where run_id = ?1 order by position
                        """, Object[].class)
                .setParameter(1, runId)
                .getResultList()
                .map(rows -> rows.stream().map(RunTransition::of).toList()));
    }
}
