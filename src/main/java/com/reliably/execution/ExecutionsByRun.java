package com.reliably.execution;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.run.RunExecutions;
import com.reliably.web.JsonFormat;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** What the clients of runs reported. */
@ApplicationScoped
class ExecutionsByRun implements RunExecutions {

    /** What the last journal said of the end is believed: only the word that it is over may have been missing. */
    private static final String ABANDON = """
            update execution set status = coalesce(status, 'aborted'), deviated = coalesce(deviated, false),
                   finished_at = cast(cast(:now as text) as timestamptz),
                   state = jsonb_build_object('current', 'finished', 'plan_id', plan_id, 'finished_on', cast(:now as text),
                       'status', coalesce(status, 'aborted'), 'deviated', coalesce(deviated, false))
            where id = any (array(
                select id from execution where org_id = :org and run_id = :run and finished_at is null
                order by id for no key update))""";

    /** Serialised with {@link ReportStore}'s search for the run of a report. */
    private static final String LOCK = "select 1 from pg_advisory_xact_lock(hashtextextended(:plan, 0))";

    private static final String ADOPT = """
            update execution set run_id = :run where id = any (array(
                select id from execution where run_id is null and id in (
                    select distinct on (e.experiment_id) e.id from execution e
                    where e.org_id = :org and e.plan_id = :plan and e.run_id is null and e.created_at >= :since
                      and not exists (select 1 from execution has where has.run_id = :run and has.experiment_id = e.experiment_id)
                    order by e.experiment_id, e.created_at, e.id)
                order by id for no key update))""";

    private final ExecutionRepository repository;
    private final ObjectMapper json;
    private final Clock clock;

    ExecutionsByRun(ExecutionRepository repository, ObjectMapper json, Clock clock) {
        this.repository = repository;
        this.json = json;
        this.clock = clock;
    }

    @Override
    public Uni<List<Reported>> ofRun(UUID orgId, UUID runId) {
        return repository.ofRuns(orgId, Set.of(runId)).map(found -> found.stream()
                .map(e -> new Reported(e.id, e.status, e.deviated, e.finishedAt != null, isOpen(e)))
                .toList());
    }

    /** Whether there is a journal, of which at least the beginning is known, and it does not say how the experiment ended. */
    private boolean isOpen(Execution execution) {
        try {
            JsonNode journal = json.readTree(execution.summary);
            return !journal.hasNonNull("status")
                    && (journal.hasNonNull("start")
                            || journal.path("experiment").hasNonNull("title"));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("The summary of execution " + execution.id + " is not readable", e);
        }
    }

    @Override
    public Uni<Map<UUID, List<UUID>>> idsOfRuns(UUID orgId, Set<UUID> runIds) {
        if (runIds.isEmpty()) {
            return Uni.createFrom().item(Map.of());
        }
        return repository.ofRuns(orgId, runIds).map(found -> found.stream()
                .collect(Collectors.groupingBy(e -> e.runId, Collectors.mapping(e -> e.id, Collectors.toList()))));
    }

    @Override
    public Uni<Void> adopt(UUID orgId, UUID planId, UUID runId, Instant since) {
        return Panache.getSession().chain(session -> session.createNativeQuery(LOCK, Integer.class)
                .setParameter("plan", planId.toString())
                .getSingleResult()
                .chain(() -> session.createNativeQuery(ADOPT)
                        .setParameter("org", orgId)
                        .setParameter("plan", planId)
                        .setParameter("run", runId)
                        .setParameter("since", since)
                        .executeUpdate())
                .replaceWithVoid());
    }

    @Override
    public Uni<Void> abandon(UUID orgId, UUID runId) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(ABANDON)
                        .setParameter("now", JsonFormat.format(clock.instant()))
                        .setParameter("org", orgId)
                        .setParameter("run", runId)
                        .executeUpdate())
                .replaceWithVoid();
    }
}
