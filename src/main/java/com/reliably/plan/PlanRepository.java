package com.reliably.plan;

import com.reliably.run.RunState;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.PanacheQuery;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.hibernate.reactive.mutiny.Mutiny;

/** Plans that are not deleted, with the lists that belong to them. */
@ApplicationScoped
class PlanRepository implements PanacheRepositoryBase<Plan, UUID> {

    private static final String PRESENT = "orgId = ?1 and deletedAt is null";

    private final PlansByLastExecution lastExecutions;

    PlanRepository(PlansByLastExecution lastExecutions) {
        this.lastExecutions = lastExecutions;
    }

    Uni<Plan> find(UUID orgId, UUID id) {
        return find(PRESENT + " and id = ?2", orgId, id).firstResult();
    }

    Uni<List<Plan>> findAll(UUID orgId, List<UUID> ids) {
        return list(PRESENT + " and id in ?2", orgId, ids);
    }

    Uni<Boolean> exists(UUID orgId, UUID id) {
        return count(PRESENT + " and id = ?2", orgId, id).map(n -> n > 0);
    }

    /**
     * The plan as it is this moment, not kept in the session: whoever locks it later in the same transaction sees what has
     * become of it meanwhile.
     */
    Uni<Plan> look(UUID orgId, UUID id) {
        return find(orgId, id).onItem().ifNotNull().call(plan -> Panache.getSession()
                .invoke(session -> session.detach(plan)));
    }

    /**
     * The plan, locked until the transaction ends. Everything that changes a plan takes this lock, so that a run, its
     * client, the scheduler and a person never overwrite each other.
     */
    Uni<Plan> lock(UUID orgId, UUID id) {
        return find(PRESENT + " and id = ?2", orgId, id)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .firstResult();
    }

    /** The plan, even where it was deleted. */
    Uni<Plan> findEver(UUID orgId, UUID id) {
        return find("orgId = ?1 and id = ?2", orgId, id).firstResult();
    }

    /** The same, locked like the one above. */
    Uni<Plan> lockEver(UUID orgId, UUID id) {
        return find("orgId = ?1 and id = ?2", orgId, id)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .firstResult();
    }

    /**
     * Plans of any organisation, locked like the one above, always in the same order; those that are deleted too, because what
     * is written of their runs locks them.
     */
    Uni<List<Plan>> lockAll(Set<UUID> ids) {
        return find("id in ?1 order by id", ids)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .list();
    }

    /** The cron plans of a deployment, locked like the one above, always in the same order. */
    Uni<List<Plan>> lockCronWithDeployment(UUID orgId, UUID deploymentId) {
        return find(PRESENT + " and deploymentId = ?2 and cronPattern is not null order by id", orgId, deploymentId)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .list();
    }

    /** The ids of all plans. */
    PanacheQuery<?> all(UUID orgId, PlanSort sort) {
        return sort == PlanSort.LAST
                ? lastExecutions.inOrder(orgId)
                : find(PRESENT + " order by " + sort.orderBy(), orgId);
    }

    PanacheQuery<Plan> matching(UUID orgId, String pattern) {
        return find(
                PRESENT + " and title ilike ?2 escape '\\' order by " + PlanSort.CREATION.orderBy(), orgId, pattern);
    }

    Uni<List<PlanExperiment>> experiments(Set<UUID> planIds) {
        return Panache.getSession().chain(session -> session.createQuery(
                        "from PlanExperiment where planId in (:plans) order by planId, position", PlanExperiment.class)
                .setParameter("plans", planIds)
                .getResultList());
    }

    Uni<List<PlanIntegration>> integrations(Set<UUID> planIds) {
        return Panache.getSession().chain(session -> session.createQuery(
                        "from PlanIntegration where planId in (:plans) order by planId, position",
                        PlanIntegration.class)
                .setParameter("plans", planIds)
                .getResultList());
    }

    /** Gives a stored plan these lists, in place of those it had. */
    Uni<Void> replaceLists(UUID planId, List<UUID> experiments, List<UUID> integrations) {
        return Panache.getSession()
                .chain(session -> session.createMutationQuery("delete from PlanExperiment where planId = :plan")
                        .setParameter("plan", planId)
                        .executeUpdate()
                        .chain(() -> session.createMutationQuery("delete from PlanIntegration where planId = :plan")
                                .setParameter("plan", planId)
                                .executeUpdate())
                        .chain(() -> addLists(planId, experiments, integrations)));
    }

    /** Gives a new plan these lists. */
    Uni<Void> addLists(UUID planId, List<UUID> experiments, List<UUID> integrations) {
        Object[] rows = new Object[experiments.size() + integrations.size()];
        int row = 0;
        for (int i = 0; i < experiments.size(); i++) {
            rows[row++] = new PlanExperiment(planId, i, experiments.get(i));
        }
        for (int i = 0; i < integrations.size(); i++) {
            rows[row++] = new PlanIntegration(planId, i, integrations.get(i));
        }
        return Panache.getSession().chain(session -> session.persistAll(rows).chain(session::flush));
    }

    Uni<List<UUID>> idsWithDeployment(UUID orgId, UUID deploymentId) {
        return ids(orgId, "p.deploymentId = :of", Map.of("of", deploymentId));
    }

    Uni<List<UUID>> idsWithEnvironment(UUID orgId, UUID environmentId) {
        return ids(orgId, "p.environmentId = :of", Map.of("of", environmentId));
    }

    Uni<List<UUID>> idsWithIntegration(UUID orgId, UUID integrationId) {
        return ids(
                orgId,
                "exists (select 1 from PlanIntegration i where i.planId = p.id and i.integrationId = :of)",
                Map.of("of", integrationId));
    }

    /** As above, of those whose title is like the pattern for {@code ilike}; null takes all. */
    Uni<List<UUID>> idsWithExperiment(UUID orgId, UUID experimentId, String pattern) {
        String with = "exists (select 1 from PlanExperiment e where e.planId = p.id and e.experimentId = :of)";
        return pattern == null
                ? ids(orgId, with, Map.of("of", experimentId))
                : ids(
                        orgId,
                        with + " and p.title ilike :pattern escape '\\'",
                        Map.of("of", experimentId, "pattern", pattern));
    }

    /** How far the run of a plan is that has come furthest and has not ended, one run left aside; null where none is. */
    Uni<RunState> furthestRunBut(UUID orgId, UUID planId, UUID runId) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery("""
                        select coalesce(
                            (select state from run
                             where org_id = ?1 and plan_id = ?2 and id <> ?3 and state in ('launching', 'running')
                             order by array_position(array['running', 'launching'], state) limit 1),
                            (select state from run
                             where org_id = ?1 and plan_id = ?2 and id <> ?3 and state = 'pending'
                             order by coalesce(nominal_time, created_at), id limit 1))""", String.class)
                        .setParameter(1, orgId)
                        .setParameter(2, planId)
                        .setParameter(3, runId)
                        .getSingleResultOrNull())
                .map(state -> state == null ? null : RunState.of(state));
    }

    /** The database's time, by which schedules are kept. */
    Uni<Instant> now() {
        return Panache.getSession().chain(session -> session.createNativeQuery("select now()", Instant.class)
                .getSingleResult());
    }

    private Uni<List<UUID>> ids(UUID orgId, String condition, Map<String, Object> values) {
        return Panache.getSession().chain(session -> {
            Mutiny.SelectionQuery<UUID> query = session.createQuery(
                            "select p.id from Plan p where p.orgId = :org and" + " p.deletedAt is null and " + condition
                                    + " order by p.createdAt desc, p.id",
                            UUID.class)
                    .setParameter("org", orgId);
            values.forEach(query::setParameter);
            return query.getResultList();
        });
    }
}
