package com.reliably.execution;

import com.reliably.plan.ExecutionsOfPlans;
import com.reliably.plan.PlanExecutions;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.Tuple;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** What came of plans, from the columns beside the journals: one query for a page of plans. */
@ApplicationScoped
class ExecutionsByPlan implements ExecutionsOfPlans {

    /**
     * Reads the ends of the index (plan_id, created_at, id): {@code is true} hides the organization from other indexes, and what
     * is counted has an order, because PostgreSQL would else read all that there is for each, where most of it is of one plan. Ids and times travel as text, because Hibernate Reactive does
     * not know the types of a native query's columns.
     */
    private static final String LATEST = """
            select cast(p.id as text) as plan, n.executions,
                   cast(l.id as text) as latest,
                   to_char(l.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as latest_time,
                   cast(t.id as text) as finished,
                   to_char(t.finished_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as finished_time
            from unnest(cast(string_to_array(:ids, ',') as uuid[])) as p (id)
            cross join lateral (
                select count(*) as executions from (
                    select 1 from execution c where c.plan_id = p.id and (c.org_id = :org) is true
                    order by c.created_at desc, c.id) c) n
            cross join lateral (
                select e.id, e.created_at from execution e where e.plan_id = p.id and (e.org_id = :org) is true
                order by e.created_at desc, e.id limit 1) l
            left join lateral (
                select e.id, e.finished_at from execution e
                where e.plan_id = p.id and (e.org_id = :org) is true and e.finished_at is not null
                order by e.created_at desc, e.id limit 1) t on true""";

    @Override
    public Uni<Map<UUID, PlanExecutions>> executionsOfPlans(UUID orgId, Set<UUID> planIds) {
        if (planIds.isEmpty()) {
            return Uni.createFrom().item(Map.of());
        }
        String ids = planIds.stream().map(UUID::toString).collect(Collectors.joining(","));
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(LATEST, Tuple.class)
                        .setParameter("org", orgId)
                        .setParameter("ids", ids)
                        .getResultList())
                .map(ExecutionsByPlan::toMap);
    }

    private static Map<UUID, PlanExecutions> toMap(List<Tuple> rows) {
        Map<UUID, PlanExecutions> found = new HashMap<>();
        for (Tuple row : rows) {
            found.put(
                    UUID.fromString(row.get("plan", String.class)),
                    new PlanExecutions(
                            row.get("executions", Number.class).longValue(),
                            new PlanExecutions.Last(moment(row, "latest"), moment(row, "finished"))));
        }
        return found;
    }

    private static PlanExecutions.Moment moment(Tuple row, String which) {
        String id = row.get(which, String.class);
        return id == null
                ? null
                : new PlanExecutions.Moment(UUID.fromString(id), Instant.parse(row.get(which + "_time", String.class)));
    }
}
