package com.reliably.plan;

import com.reliably.schedule.CatchUp;
import com.reliably.schedule.Overlap;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Plans of all organisations whose next fire has come, many at once. The database's clock says what has. */
@ApplicationScoped
class DuePlans {

    /**
     * Those first that are due on time, whatever others have to catch up with. Plans that another server has in hand are passed over, and those of an organisation that is being halted or released:
     * whoever halts it sees and ends every run of a fire that did not see the halt.
     */
    private static final String LOCK = """
            select p.id, p.org_id, p.deployment_id, p.cron_pattern, p.cron_timezone, p.next_fire_at, p.catch_up,
                   p.catch_up_window_seconds, p.overlap, d.type, d.definition ->> 'mode' as mode,
                   case when o.halted_at is not null then coalesce(o.halt_reason, '') end as halted,
                   (select r.id from run r where r.plan_id = p.id and r.state in ('pending', 'launching', 'running')
                    order by r.created_at limit 1) is not null as active,
                   coalesce(cast($1 as timestamptz), now()) as now
            from plan p join deployment d on d.id = p.deployment_id join organization o on o.id = p.org_id
            where p.next_fire_at <= coalesce(cast($1 as timestamptz), now()) and p.deleted_at is null
              and (cast($2 as uuid) is null or p.id = $2) and p.id <> all ($3::uuid[])
            order by p.next_fire_at < coalesce(cast($1 as timestamptz), now()) - interval '1 minute', p.next_fire_at limit $4
            for no key update of p skip locked for share of o skip locked""";

    private static final String ADVANCE = """
            update plan set next_fire_at = n.next_fire_at
            from unnest($1::uuid[], $2::timestamptz[]) as n (id, next_fire_at) where plan.id = n.id""";

    private static final String SOON = """
            select cast(extract(epoch from min(next_fire_at) - now()) * 1000 as double precision) as millis from plan
            where next_fire_at > now() and next_fire_at <= now() + make_interval(secs => $1) and deleted_at is null""";

    /**
     * What was found due.
     *
     * @param now the time by which it is
     */
    record Batch(Instant now, List<DuePlan> plans) {}

    /**
     * Locks plans that are due until the transaction ends: those of the last minute, then the others, the longest overdue
     * first.
     *
     * @param now  null: as the database says
     * @param only null: whichever are due
     * @param but  plans to leave alone
     */
    Uni<Batch> lock(SqlConnection connection, Instant now, UUID only, Collection<UUID> but, int most) {
        Tuple values = Tuple.tuple()
                .addOffsetDateTime(now == null ? null : now.atOffset(ZoneOffset.UTC))
                .addUUID(only)
                .addArrayOfUUID(but.toArray(UUID[]::new))
                .addInteger(most);
        return connection.preparedQuery(LOCK).execute(values).map(DuePlans::batch);
    }

    /** Says when plans are due next. */
    Uni<Void> advance(SqlConnection connection, List<FiredPlan> fired) {
        if (fired.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        Tuple values = Tuple.tuple()
                .addArrayOfUUID(fired.stream().map(FiredPlan::id).toArray(UUID[]::new))
                .addArrayOfOffsetDateTime(fired.stream()
                        .map(plan -> plan.next()
                                .map(next -> next.atOffset(ZoneOffset.UTC))
                                .orElse(null))
                        .toArray(OffsetDateTime[]::new));
        return connection.preparedQuery(ADVANCE).execute(values).replaceWithVoid();
    }

    /** How long it is until the next plan is due; empty where that is later than the given time ahead. */
    Uni<Optional<Duration>> untilNext(SqlConnection connection, Duration ahead) {
        return connection
                .preparedQuery(SOON)
                .execute(Tuple.of(ahead.toMillis() / 1000.0))
                .map(rows -> Optional.ofNullable(rows.iterator().next().getDouble("millis"))
                        .map(millis -> Duration.ofNanos((long) (millis * 1_000_000))));
    }

    private static Batch batch(RowSet<Row> rows) {
        List<DuePlan> plans = new ArrayList<>();
        Instant now = null;
        for (Row row : rows) {
            now = row.getOffsetDateTime("now").toInstant();
            plans.add(plan(row));
        }
        return new Batch(now, plans);
    }

    private static DuePlan plan(Row row) {
        Integer window = row.getInteger("catch_up_window_seconds");
        return new DuePlan(
                row.getUUID("org_id"),
                row.getUUID("id"),
                row.getUUID("deployment_id"),
                row.getString("cron_pattern"),
                row.getString("cron_timezone"),
                row.getOffsetDateTime("next_fire_at").toInstant(),
                CatchUp.of(row.getString("catch_up")),
                window == null ? null : Duration.ofSeconds(window),
                Overlap.of(row.getString("overlap")),
                FireKeeper.of(row.getString("type"), "managed".equals(row.getString("mode"))),
                row.getBoolean("active"),
                row.getString("halted"));
    }
}
