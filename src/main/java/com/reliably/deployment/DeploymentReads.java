package com.reliably.deployment;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * What is read of deployments most often: one statement each, through the plain SQL client, which costs half of what an
 * entity does (docs/adr/0007). Not to be called from within a session: that would hold two connections.
 */
@ApplicationScoped
class DeploymentReads {

    private static final String ONE =
            "select id, name, cast(definition as text) as definition, created_at from deployment where org_id = $1 and id = $2";

    /** The count comes in the same round trip, and also where the page has no rows. */
    private static final String PAGE = """
            select whole.total, d.id, d.name, d.definition, d.created_at
            from (select count(*) as total from deployment where org_id = $1) whole
            left join lateral (
                select r.id, r.name, cast(r.definition as text) as definition, r.created_at
                from (select id from deployment where org_id = $1 order by name, id limit $2 offset $3) i
                join deployment r on r.id = i.id and r.org_id = $1) d on true
            order by d.name, d.id
            """;

    private final Pool pool;

    DeploymentReads(Pool pool) {
        this.pool = pool;
    }

    /** A deployment as it is stored, without what only changes need. */
    record Stored(UUID id, String name, String definition, Instant createdAt) {

        private static Stored of(Row row) {
            return new Stored(
                    row.getUUID("id"),
                    row.getString("name"),
                    row.getString("definition"),
                    row.getOffsetDateTime("created_at").toInstant());
        }
    }

    /** A page of them, and how many there are in all. */
    record StoredPage(long total, List<Stored> items) {}

    /** The deployment, or null where the organisation has none of this id. */
    Uni<Stored> find(UUID orgId, UUID id) {
        return pool.preparedQuery(ONE).execute(Tuple.of(orgId, id)).map(rows -> {
            for (Row row : rows) {
                return Stored.of(row);
            }
            return null;
        });
    }

    /** A page of an organisation's deployments, by name. */
    Uni<StoredPage> page(UUID orgId, int limit, int offset) {
        return pool.preparedQuery(PAGE).execute(Tuple.of(orgId, limit, offset)).map(rows -> {
            List<Stored> items = new ArrayList<>(limit);
            long total = 0;
            for (Row row : rows) {
                total = row.getLong("total");
                if (row.getUUID("id") != null) {
                    items.add(Stored.of(row));
                }
            }
            return new StoredPage(total, items);
        });
    }
}
