package com.reliably.event;

import com.reliably.web.RawJson;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Reads the events that the database writes by itself. Every method is one statement on a connection of its own, which is
 * given back before the answer.
 */
@ApplicationScoped
class EventRepository {

    /** The oldest transaction that may still write. What came before it is complete, and in its order. */
    private static final String HORIZON = "cast(cast(pg_snapshot_xmin(pg_current_snapshot()) as text) as bigint)";

    /** One statement, so that events and horizon are of the same snapshot. */
    private static final String PAGE = """
            select h.horizon, e.*
            from (select %s as horizon) h
            left join lateral (
                select cast(cast(tx as text) as bigint) as tx, seq, at, kind, subject_id, plan_id, run_id, what, from_what,
                       cast(detail as text) as detail
                from event
                where org_id = $1
                and (event.tx, event.seq) > (cast(cast($2 as text) as xid8), $3)
                and event.tx < pg_snapshot_xmin(pg_current_snapshot())
                and (cast($4 as text[]) is null or kind = any (cast($4 as text[])))
                and (cast($5 as uuid) is null or plan_id = $5)
                order by event.tx, event.seq limit $6) e on true
            """.formatted(HORIZON);

    private static final String RESUME = """
            select %s as horizon,
                   exists (select from event_swept
                           where org_id = $1 and (tx, seq) > (cast(cast($2 as text) as xid8), $3)) as swept
            """.formatted(HORIZON);

    /** Looks at the oldest rows only, which the primary key has in order, whatever there is behind them. */
    private static final String SWEEP = """
            with gone as (
                delete from event where seq in (
                    select seq from (select seq, at from event order by seq limit $1) oldest
                    where at < now() - make_interval(secs => $2))
                returning org_id, tx, seq
            ), swept as (
                insert into event_swept (org_id, tx, seq)
                select distinct on (org_id) org_id, tx, seq from gone order by org_id, tx desc, seq desc
                on conflict (org_id) do update set tx = excluded.tx, seq = excluded.seq
                where (event_swept.tx, event_swept.seq) < (excluded.tx, excluded.seq)
            )
            select count(*) as swept from gone
            """;

    private final Pool pool;

    EventRepository(Pool pool) {
        this.pool = pool;
    }

    /** An event and its place. */
    record Found(EventPosition position, EventView event) {}

    /**
     * Events in order.
     *
     * @param horizon the place up to which nothing else can come, now that these are known
     */
    record Page(List<Found> events, EventPosition horizon) {}

    /** The events after a place, at most so many, that the filter lets through. */
    Uni<Page> after(UUID orgId, EventPosition position, EventFilter filter, int most) {
        Tuple values = Tuple.tuple()
                .addUUID(orgId)
                .addString(Long.toString(position.tx()))
                .addLong(position.seq())
                .addArrayOfString(filter.kindNames())
                .addUUID(filter.planId)
                .addInteger(most);
        return pool.preparedQuery(PAGE).execute(values).map(EventRepository::page);
    }

    /**
     * What to know before a stream resumes.
     *
     * @param now   the place that comes after everything that is complete
     * @param swept whether events of the organisation after the given place have been swept
     */
    record Resumption(EventPosition now, boolean swept) {}

    Uni<Resumption> resumption(UUID orgId, EventPosition position) {
        return pool.preparedQuery(RESUME)
                .execute(Tuple.of(orgId, Long.toString(position.tx()), position.seq()))
                .map(rows -> {
                    Row row = rows.iterator().next();
                    return new Resumption(new EventPosition(row.getLong("horizon"), 0), row.getBoolean("swept"));
                });
    }

    /** Deletes the oldest events, at most so many; returns how many. */
    Uni<Long> sweep(Duration olderThan, int most) {
        return pool.preparedQuery(SWEEP)
                .execute(Tuple.of(most, (double) olderThan.toSeconds()))
                .map(rows -> rows.iterator().next().getLong("swept"));
    }

    private static Page page(RowSet<Row> rows) {
        List<Found> events = new ArrayList<>();
        EventPosition horizon = null;
        for (Row row : rows) {
            horizon = new EventPosition(row.getLong("horizon"), 0);
            if (row.getLong("seq") != null) {
                events.add(new Found(new EventPosition(row.getLong("tx"), row.getLong("seq")), event(row)));
            }
        }
        return new Page(events, horizon);
    }

    private static EventView event(Row row) {
        return new EventView(
                EventKind.of(row.getString("kind")),
                row.getUUID("subject_id"),
                row.getUUID("plan_id"),
                row.getUUID("run_id"),
                row.getString("what"),
                row.getString("from_what"),
                row.getOffsetDateTime("at").toInstant(),
                new RawJson(row.getString("detail")));
    }
}
