package com.reliably.deployment;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.answer.LargeAnswer;
import com.reliably.answer.WeighedRows;
import com.reliably.web.PageRequest;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * What is read of deployments most often: through the plain SQL client, which costs half of what an entity does
 * (docs/adr/0007), and so many at once as memory permits. Not to be called from within a session: that would hold two
 * connections.
 */
@ApplicationScoped
class DeploymentReads {

    /** The count comes in the same round trip, and also where the page has no rows. */
    private static final String IDS = """
            select whole.total, d.id
            from (select count(*) as total from deployment where org_id = $1%1$s) whole
            left join lateral (
                select id, name from deployment where org_id = $1%1$s order by name, id limit $2 offset $3) d on true
            order by d.name, d.id
            """;

    private static final String ALL = IDS.formatted("");
    private static final String MATCHING = IDS.formatted(" and name ilike $4 escape '\\'");

    private final Pool pool;
    private final ObjectMapper json;
    private final WeighedRows rows;

    DeploymentReads(Pool pool, ObjectMapper json) {
        this.pool = pool;
        this.json = json;
        this.rows = new WeighedRows(
                pool,
                "deployment",
                "octet_length(cast(x.definition as text))",
                "x.name, cast(x.definition as text) as definition, x.created_at",
                this::view);
    }

    /** The deployment, or null where the organization has none of this id. */
    Uni<LargeAnswer> one(UUID orgId, UUID id) {
        return rows.one(orgId, id);
    }

    /** A page of an organization's deployments, by name. */
    Uni<LargeAnswer> page(UUID orgId, PageRequest page) {
        return pool.preparedQuery(ALL)
                .execute(Tuple.of(orgId, page.limit(), page.offset()))
                .chain(found -> answer(orgId, found));
    }

    /** The same of those whose name matches the pattern, which is one of {@code ilike}. */
    Uni<LargeAnswer> page(UUID orgId, String pattern, PageRequest page) {
        return pool.preparedQuery(MATCHING)
                .execute(Tuple.of(orgId, page.limit(), page.offset(), pattern))
                .chain(found -> answer(orgId, found));
    }

    private Uni<LargeAnswer> answer(UUID orgId, RowSet<Row> found) {
        List<UUID> ids = new ArrayList<>();
        long total = 0;
        for (Row row : found) {
            total = row.getLong("total");
            if (row.getUUID("id") != null) {
                ids.add(row.getUUID("id"));
            }
        }
        return rows.page(orgId, total, ids);
    }

    private byte[] view(UUID orgId, Row row) {
        UUID id = row.getUUID("id");
        try {
            return json.writeValueAsBytes(new DeploymentView(
                    row.getString("name"),
                    json.readValue(row.getString("definition"), DeploymentDefinition.class),
                    id,
                    orgId,
                    row.getOffsetDateTime("created_at").toInstant()));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("The stored definition of deployment " + id + " is not readable", e);
        }
    }
}
