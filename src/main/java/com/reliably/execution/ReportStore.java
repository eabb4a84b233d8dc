package com.reliably.execution;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Iterator;
import java.util.Optional;
import java.util.UUID;

/**
 * What clients report while they run, and read back: the hottest path of the server. Every method is one statement on a
 * connection of its own, through the plain SQL client, because Hibernate would load what is only to be replaced. Not to
 * be called from within a session: that would hold two connections.
 */
@ApplicationScoped
class ReportStore {

    private static final String INSERT = """
            insert into execution (id, org_id, experiment_id, plan_id, run_id, created_by, created_at,
                                   status, deviated, started_at, state, summary, journal, journal_text, log)
            select cast($1 as uuid), x.org_id, x.id, cast($4 as uuid), cast($5 as uuid), cast($6 as uuid),
                   cast($7 as timestamptz), cast($8 as text), cast($9 as boolean), cast($10 as timestamptz),
                   case when o.halted_at is null or $5 is not null then cast(cast($11 as text) as jsonb)
                        else cast(cast($15 as text) as jsonb) end,
                   cast(cast($12 as text) as jsonb), cast(convert_from(cast($13 as bytea), 'UTF8') as jsonb), cast($13 as bytea),
                   coalesce(cast($14 as text), '')
            from experiment x join organization o on o.id = x.org_id where x.id = $3 and x.org_id = $2
            returning cast(state as text) as state""";

    /** Serialised with {@link ExecutionsByRun#adopt}. */
    private static final String LOCK_REPORTS_OF_PLAN = "select pg_advisory_xact_lock(hashtextextended($1, 0))";

    /**
     * The run under way whose client this may be: one that has no token of its own to say so, because its engine started it
     * by itself, or gives its clients another token. Of several the earliest without a report of this experiment.
     */
    private static final String RUN_OF_REPORT = """
            select id from (
                select r.id, coalesce(r.nominal_time, r.created_at) as at, count(*) over () as candidates,
                       exists (select 1 from execution e where e.run_id = r.id and e.experiment_id = $3) as has
                from run r
                where r.org_id = $1 and r.plan_id = $2 and r.state in ('launching', 'running')
                  and r.external_reference is not null
                  and not exists (select 1 from access_token t where t.run_id = r.id)) r
            where not has or candidates = 1
            order by at, id limit 1""";

    private static final String WHERE_IN_SCOPE = """

            where id = $1 and org_id = $2 and experiment_id = $3
            and (cast($4 as uuid) is null or plan_id = $4) and (cast($5 as uuid) is null or run_id = $5)""";

    /**
     * What a finished execution came to is not changed by a report that was late. A client that was told its run by the
     * workflow which it is a part of says so with its first results; until then the run is guessed ({@link #RUN_OF_REPORT}).
     * One whose token is of a run is of that run, whatever it says.
     */
    private static final String UPDATE_RESULTS = """
            update execution set journal = cast(convert_from(cast($6 as bytea), 'UTF8') as jsonb), journal_text = cast($6 as bytea),
                   log = coalesce(cast($7 as text), log),
                   summary = cast(cast($8 as text) as jsonb),
                   status = case when finished_at is null then cast($9 as text) else status end,
                   deviated = case when finished_at is null then cast($10 as boolean) else deviated end,
                   started_at = coalesce(cast($11 as timestamptz), started_at),
                   run_id = coalesce((select r.id from run r
                                      where cast($5 as uuid) is null and r.id = cast($12 as uuid) and r.org_id = $2
                                        and r.plan_id = execution.plan_id), run_id)""" + WHERE_IN_SCOPE;

    /**
     * Finished is final; what was asked to terminate can be asked again, or finish, but not go on; and nothing returns
     * to pending.
     */
    private static final String UPDATE_STATE = """
            update execution set state = cast(cast($6 as text) as jsonb),
                   status = coalesce(cast($7 as text), status), deviated = coalesce(cast($8 as boolean), deviated),
                   started_at = coalesce(started_at, cast($9 as timestamptz)), finished_at = cast($10 as timestamptz)""" + WHERE_IN_SCOPE + """

            and finished_at is null
            and (state ->> 'current' <> 'terminate' or cast($11 as text) in ('terminate', 'finished'))
            and (state ->> 'current' = 'pending' or cast($11 as text) <> 'pending')""";

    private static final String READ_STATE = "select cast(state as text) from execution" + WHERE_IN_SCOPE;

    private static final String READ_PLAN = "select plan_id from execution" + WHERE_IN_SCOPE;

    private final Pool pool;

    ReportStore(Pool pool) {
        this.pool = pool;
    }

    /**
     * Stores a new execution.
     *
     * @param haltedState the state instead, where nobody but the client itself knows of the run, and the organisation is
     *     halted
     * <p>A report of a plan whose client has no token of a run is given to the run that it seems to be of, if there is any.
     *
     * @return the state as it was stored; null where the organisation has no such experiment
     */
    Uni<String> insert(
            UUID id,
            UUID experimentId,
            Scope scope,
            UUID createdBy,
            Instant createdAt,
            String state,
            String haltedState,
            Journal journal,
            String log) {
        if (scope.planId() == null || scope.runId() != null) {
            return insert(pool, id, experimentId, scope, createdBy, createdAt, state, haltedState, journal, log);
        }
        return pool.withTransaction(connection -> runOf(connection, scope, experimentId)
                .chain(run -> insert(
                        connection,
                        id,
                        experimentId,
                        new Scope(scope.orgId(), scope.planId(), run),
                        createdBy,
                        createdAt,
                        state,
                        haltedState,
                        journal,
                        log)));
    }

    private static Uni<UUID> runOf(SqlConnection connection, Scope scope, UUID experimentId) {
        return connection
                .preparedQuery(LOCK_REPORTS_OF_PLAN)
                .execute(Tuple.of(scope.planId().toString()))
                .chain(() -> connection
                        .preparedQuery(RUN_OF_REPORT)
                        .execute(Tuple.of(scope.orgId(), scope.planId(), experimentId)))
                .map(rows -> {
                    Iterator<Row> found = rows.iterator();
                    return found.hasNext() ? found.next().getUUID("id") : null;
                });
    }

    private static Uni<String> insert(
            SqlClient client,
            UUID id,
            UUID experimentId,
            Scope scope,
            UUID createdBy,
            Instant createdAt,
            String state,
            String haltedState,
            Journal journal,
            String log) {
        Tuple values = Tuple.tuple()
                .addUUID(id)
                .addUUID(scope.orgId())
                .addUUID(experimentId)
                .addUUID(scope.planId())
                .addUUID(scope.runId())
                .addUUID(createdBy)
                .addOffsetDateTime(time(createdAt))
                .addString(name(journal.status()))
                .addBoolean(journal.deviated())
                .addOffsetDateTime(time(journal.startedAt()))
                .addString(state)
                .addString(journal.summary())
                .addBuffer(bytes(journal))
                .addString(log)
                .addString(haltedState);
        return client.preparedQuery(INSERT).execute(values).map(rows -> {
            Iterator<Row> stored = rows.iterator();
            return stored.hasNext() ? stored.next().getString("state") : null;
        });
    }

    /**
     * Replaces the journal, and the log where one is given.
     *
     * @param log null where the stored one stays
     * @return false where there is no such execution in the scope
     */
    Uni<Boolean> replaceResults(Scope scope, UUID experimentId, UUID id, Journal journal, String log) {
        Tuple values = within(scope, experimentId, id)
                .addBuffer(bytes(journal))
                .addString(log)
                .addString(journal.summary())
                .addString(name(journal.status()))
                .addBoolean(journal.deviated())
                .addOffsetDateTime(time(journal.startedAt()))
                .addUUID(journal.runId());
        return execute(UPDATE_RESULTS, values).map(ReportStore::changed);
    }

    /**
     * Replaces the state.
     *
     * @return false where there is no such execution in the scope, or its state does not allow it
     */
    Uni<Boolean> replaceState(Scope scope, UUID experimentId, UUID id, ExecutionState state, String json) {
        Tuple values = within(scope, experimentId, id).addString(json);
        if (state instanceof ExecutionState.Finished finished) {
            values.addString(name(finished.status()))
                    .addBoolean(finished.deviated())
                    .addOffsetDateTime(null)
                    .addOffsetDateTime(time(finished.finishedOn()));
        } else {
            values.addString(null)
                    .addBoolean(null)
                    .addOffsetDateTime(
                            state instanceof ExecutionState.Running running ? time(running.startedOn()) : null)
                    .addOffsetDateTime(null);
        }
        return execute(UPDATE_STATE, values.addString(state.current())).map(ReportStore::changed);
    }

    /** The state as JSON; null where there is no such execution in the scope. */
    Uni<String> state(Scope scope, UUID experimentId, UUID id) {
        return text(READ_STATE, scope, experimentId, id);
    }

    /** The plan, empty where the execution has none; null where there is no such execution in the scope. */
    Uni<Optional<UUID>> plan(Scope scope, UUID experimentId, UUID id) {
        return execute(READ_PLAN, within(scope, experimentId, id)).map(rows -> {
            Iterator<Row> found = rows.iterator();
            return found.hasNext() ? Optional.ofNullable(found.next().getUUID("plan_id")) : null;
        });
    }

    private Uni<String> text(String sql, Scope scope, UUID experimentId, UUID id) {
        return execute(sql, within(scope, experimentId, id)).map(rows -> {
            Iterator<Row> found = rows.iterator();
            return found.hasNext() ? found.next().getString(0) : null;
        });
    }

    private Uni<RowSet<Row>> execute(String sql, Tuple values) {
        return pool.preparedQuery(sql).execute(values);
    }

    private static Tuple within(Scope scope, UUID experimentId, UUID id) {
        return Tuple.tuple()
                .addUUID(id)
                .addUUID(scope.orgId())
                .addUUID(experimentId)
                .addUUID(scope.planId())
                .addUUID(scope.runId());
    }

    private static boolean changed(RowSet<Row> rows) {
        return rows.rowCount() > 0;
    }

    private static Buffer bytes(Journal journal) {
        return Buffer.buffer(journal.json().getBytes(StandardCharsets.UTF_8));
    }

    private static String name(Outcome outcome) {
        return outcome == null ? null : outcome.toString();
    }

    private static OffsetDateTime time(Instant time) {
        return time == null ? null : time.atOffset(ZoneOffset.UTC);
    }
}
