package com.reliably.runner.github.webhook;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Deliveries that were taken. Every method is one statement, on a connection of its own. */
@ApplicationScoped
class DeliveryStore {

    private static final String ADD = """
            insert into github_delivery (deployment_id, digest, org_id, repository, github_run, server)
            values ($1, $2, $3, $4, $5, $6) on conflict do nothing
            """;

    /**
     * What came since a place, which is the oldest transaction that had not ended then: everything before it was complete.
     * Without a place, what came in the last moments.
     */
    private static final String NEWS = """
            select cast(cast(h.xmin as text) as bigint) as place, d.*
            from (select pg_snapshot_xmin(pg_current_snapshot()) as xmin) h
            left join lateral (
                select distinct org_id, repository, github_run from github_delivery
                where tx >= cast(cast($1 as text) as xid8) and tx < h.xmin and server <> $2) d on true
            """;

    private static final String RECENT = """
            select cast(cast(h.xmin as text) as bigint) as place, d.*
            from (select pg_snapshot_xmin(pg_current_snapshot()) as xmin) h
            left join lateral (
                select distinct org_id, repository, github_run from github_delivery
                where received_at > now() - interval '20 seconds' and tx < h.xmin and server <> $1) d on true
            """;

    private static final String SWEEP = """
            delete from github_delivery where (deployment_id, digest) in (
                select deployment_id, digest from github_delivery
                where received_at < now() - make_interval(secs => $2) order by received_at limit $1)
            """;

    private final Pool pool;

    DeliveryStore(Pool pool) {
        this.pool = pool;
    }

    /** Keeps a delivery; false where the same had come before. */
    Uni<Boolean> add(UUID deploymentId, byte[] digest, RepositoryNews.Item item, UUID server) {
        Tuple values = Tuple.tuple()
                .addUUID(deploymentId)
                .addBuffer(io.vertx.mutiny.core.buffer.Buffer.buffer(digest))
                .addUUID(item.orgId())
                .addString(item.repository())
                .addLong(item.gitHubRun())
                .addUUID(server);
        return pool.preparedQuery(ADD).execute(values).map(rows -> rows.rowCount() == 1);
    }

    /**
     * What other servers were told, and from where to go on.
     *
     * @param place of transactions
     */
    record News(long place, List<RepositoryNews.Item> items) {}

    /**
     * What other servers were told since a place.
     *
     * @param place null to begin: with the last moments, because one may have begun to follow in the midst of them
     */
    Uni<News> since(Long place, UUID server) {
        return place == null
                ? pool.preparedQuery(RECENT).execute(Tuple.of(server)).map(DeliveryStore::news)
                : pool.preparedQuery(NEWS)
                        .execute(Tuple.of(Long.toString(place), server))
                        .map(DeliveryStore::news);
    }

    private static News news(RowSet<Row> rows) {
        List<RepositoryNews.Item> items = new ArrayList<>();
        long place = 0;
        for (Row row : rows) {
            place = row.getLong("place");
            if (row.getUUID("org_id") != null) {
                items.add(new RepositoryNews.Item(
                        row.getUUID("org_id"), row.getString("repository"), row.getLong("github_run")));
            }
        }
        return new News(place, items);
    }

    /** When the last one came for a deployment; null where none is kept. */
    Uni<Instant> latest(UUID orgId, UUID deploymentId) {
        return pool.preparedQuery("""
                        select max(received_at) as at from github_delivery where org_id = $1 and deployment_id = $2""").execute(Tuple.of(orgId, deploymentId)).map(rows -> {
            Row row = rows.iterator().next();
            return row.getOffsetDateTime("at") == null
                    ? null
                    : row.getOffsetDateTime("at").toInstant();
        });
    }

    /** Deletes the oldest, at most so many; returns how many. */
    Uni<Integer> sweep(Duration olderThan, int most) {
        return pool.preparedQuery(SWEEP)
                .execute(Tuple.of(most, (double) olderThan.toSeconds()))
                .map(RowSet::rowCount);
    }
}
