package com.reliably.metric;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;

@ApplicationScoped
class BacklogRepository {

    /**
     * Finished runs, nearly all there are, are in none of the indexes that this reads. A pending run waits from when it could
     * be taken up, so that only those are looked at which are in the queue, however many are behind them, and none of an
     * organisation that is halted. A launch waits from when the lease of the server ended that began it.
     */
    private static final String BACKLOG = """
            select state, type, sum(number)::bigint as number, max(longest)::double precision as longest from (
                select r.state as state, coalesce(r.deployment_type, 'unknown') as type, count(*) as number,
                       max(extract(epoch from now() - r.lease_until))
                           filter (where r.state = 'launching' and r.lease_until < now()) as longest
                from run r where r.state in ('pending', 'launching', 'running')
                group by 1, 2
                union all
                select 'pending', coalesce(r.deployment_type, 'unknown'), 0,
                       max(extract(epoch from now() - greatest(coalesce(r.nominal_time, r.created_at), r.not_before)))
                from run_queue q join run r on r.id = q.run_id join organization o on o.id = q.org_id
                where q.ready_at <= now() and r.state = 'pending' and o.halted_at is null
                group by 2) runs
            group by 1, 2
            union all
            select null, null, count(*), max(extract(epoch from now() - next_fire_at))::double precision
            from plan where next_fire_at <= now() and deleted_at is null
            """;

    private static final String SCHEDULES = """
            select deployment_type as type, count(*) as number,
                   case when desired = 'removed' then 'removing'
                        when refused and error is not null then 'refused'
                        when applied_generation < generation then 'waiting'
                        when trouble is not null then 'troubled'
                        else 'applied' end as state
            from engine_schedule group by 1, 3
            """;

    private final Pool pool;

    BacklogRepository(Pool pool) {
        this.pool = pool;
    }

    Uni<Backlog> count() {
        return pool.withConnection(connection -> connection
                .preparedQuery(SCHEDULES)
                .execute()
                .map(BacklogRepository::schedules)
                .chain(schedules -> connection.preparedQuery(BACKLOG).execute().map(rows -> read(rows, schedules))));
    }

    private static List<Backlog.Schedules> schedules(RowSet<Row> rows) {
        List<Backlog.Schedules> schedules = new ArrayList<>();
        for (Row row : rows) {
            schedules.add(new Backlog.Schedules(row.getString("state"), row.getString("type"), row.getLong("number")));
        }
        return schedules;
    }

    private static Backlog read(RowSet<Row> rows, List<Backlog.Schedules> schedules) {
        List<Backlog.Runs> runs = new ArrayList<>();
        long due = 0;
        double overdue = 0;
        for (Row row : rows) {
            Double longest = row.getDouble("longest");
            double seconds = longest == null ? 0 : Math.max(0, longest);
            if (row.getString("state") == null) {
                due = row.getLong("number");
                overdue = seconds;
            } else {
                runs.add(new Backlog.Runs(
                        row.getString("state"), row.getString("type"), row.getLong("number"), seconds));
            }
        }
        return new Backlog(runs, due, overdue, schedules);
    }
}
