package com.reliably.execution;

import com.reliably.experiment.ExecutionHistory;
import com.reliably.experiment.ExecutionsOfExperiment;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.Tuple;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * What came of experiments, from the columns beside the journals. Ids and times travel as text, because Hibernate
 * Reactive does not know the types of a native query's columns; a list of ids travels as one text, so that one prepared
 * statement serves lists of every length.
 */
@ApplicationScoped
class ExecutionsByExperiment implements ExecutionsOfExperiment {

    /**
     * Reads from the index (experiment_id, created_at, id): ten entries and one count for each experiment. {@code is true} hides
     * the organization from other indexes, and what is counted has an order, because PostgreSQL would else read all that there is
     * for each, where most of it is of one experiment.
     */
    static final String HISTORIES = """
            select cast(x.id as text) as experiment, n.executions, cast(e.id as text) as execution,
                   to_char(e.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created,
                   e.status, e.deviated
            from unnest(cast(string_to_array(:ids, ',') as uuid[])) as x (id)
            cross join lateral (
                select count(*) as executions from (
                    select 1 from execution c where c.experiment_id = x.id and (c.org_id = :org) is true
                    order by c.created_at desc, c.id) c) n
            cross join lateral (
                select l.id, l.created_at, l.status, l.deviated from execution l
                where l.experiment_id = x.id and (l.org_id = :org) is true
                order by l.created_at desc, l.id limit :depth) e
            order by x.id, e.created_at desc, e.id""";

    @Override
    public Uni<Map<UUID, Long>> counts(UUID orgId, Collection<UUID> experimentIds) {
        if (experimentIds.isEmpty()) {
            return Uni.createFrom().item(Map.of());
        }
        return Panache.getSession()
                .chain(session -> session.createNativeQuery("""
                                select cast(experiment_id as text) as id, count(*) as executions from execution
                                where (org_id = :org) is true
                                and experiment_id = any (cast(string_to_array(:ids, ',') as uuid[]))
                                group by experiment_id""", Tuple.class)
                        .setParameter("org", orgId)
                        .setParameter("ids", joined(experimentIds))
                        .getResultList())
                .map(ExecutionsByExperiment::toCounts);
    }

    @Override
    public Uni<Map<UUID, Long>> counts(UUID orgId) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery("""
                                select cast(experiment_id as text) as id, count(*) as executions from execution
                                where org_id = :org group by experiment_id""", Tuple.class)
                        .setParameter("org", orgId)
                        .getResultList())
                .map(ExecutionsByExperiment::toCounts);
    }

    @Override
    public Uni<Map<UUID, ExecutionHistory>> histories(UUID orgId, Collection<UUID> experimentIds) {
        if (experimentIds.isEmpty()) {
            return Uni.createFrom().item(Map.of());
        }
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(HISTORIES, Tuple.class)
                        .setParameter("org", orgId)
                        .setParameter("ids", joined(experimentIds))
                        .setParameter("depth", ExecutionHistory.DEPTH)
                        .getResultList())
                .map(ExecutionsByExperiment::toHistories);
    }

    private static String joined(Collection<UUID> ids) {
        return ids.stream().map(UUID::toString).collect(Collectors.joining(","));
    }

    private static Map<UUID, Long> toCounts(List<Tuple> rows) {
        Map<UUID, Long> counts = new HashMap<>();
        rows.forEach(row -> counts.put(UUID.fromString(row.get("id", String.class)), count(row)));
        return counts;
    }

    private static Map<UUID, ExecutionHistory> toHistories(List<Tuple> rows) {
        Map<UUID, ExecutionHistory> histories = new HashMap<>();
        for (Tuple row : rows) {
            histories
                    .computeIfAbsent(
                            UUID.fromString(row.get("experiment", String.class)),
                            id -> new ExecutionHistory(count(row), new ArrayList<>()))
                    .latest()
                    .add(new ExecutionHistory.Entry(
                            UUID.fromString(row.get("execution", String.class)),
                            Instant.parse(row.get("created", String.class)),
                            row.get("status", String.class),
                            row.get("deviated", Boolean.class)));
        }
        return histories;
    }

    private static long count(Tuple row) {
        return row.get("executions", Number.class).longValue();
    }
}
