package com.reliably.experiment;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.answer.LargeAnswer;
import com.reliably.answer.WeighedItems;
import com.reliably.answer.WeighedItems.Weighed;
import com.reliably.web.Page;
import com.reliably.web.RawJson;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;

/**
 * Answers with experiments as they are stored, which may have a megabyte each: so many at once as memory permits. Not to be
 * called from within a session: that would hold two connections.
 */
@ApplicationScoped
class ExperimentTexts {

    private static final String WEIGHTS = """
            select id, octet_length(coalesce(definition_text, cast(definition as text))) as weight from experiment
            where org_id = $1 and id = any($2)""";

    /** {@code is true}: as in the histories of executions, so that no index but that of the experiment is read. */
    private static final String ITEMS = """
            select x.id, coalesce(x.definition_text, cast(x.definition as text)) as definition,
                   x.template_id, x.created_at,
                   (select count(*) from (select 1 from execution e where e.experiment_id = x.id and (e.org_id = $1) is true
                                          order by e.created_at desc, e.id) e) as executions
            from experiment x where x.org_id = $1 and x.id = any($2)""";

    private final Pool pool;
    private final ObjectMapper json;

    ExperimentTexts(Pool pool, ObjectMapper json) {
        this.pool = pool;
        this.json = json;
    }

    /** A page of experiments. */
    Uni<LargeAnswer> page(UUID orgId, Page<UUID> page) {
        return weighed(orgId, page.items())
                .chain(items -> WeighedItems.page(orgId, page.count(), items, load(orgId, this::view)));
    }

    /** An experiment; null where the organization has none of this id. */
    Uni<LargeAnswer> one(UUID orgId, UUID id) {
        return one(orgId, id, this::view);
    }

    /** The bare experiment; null where the organization has none of this id. */
    Uni<LargeAnswer> raw(UUID orgId, UUID id) {
        return one(orgId, id, view -> view.definition().text().getBytes(StandardCharsets.UTF_8));
    }

    private Uni<LargeAnswer> one(UUID orgId, UUID id, Function<ExperimentView, byte[]> write) {
        return weighed(orgId, List.of(id))
                .chain(items -> items.isEmpty()
                        ? Uni.createFrom().nullItem()
                        : WeighedItems.one(orgId, items.get(0), load(orgId, write)));
    }

    private Uni<List<Weighed>> weighed(UUID orgId, List<UUID> ids) {
        return pool.preparedQuery(WEIGHTS)
                .execute(Tuple.of(orgId, ids.toArray(UUID[]::new)))
                .map(rows -> {
                    Map<UUID, Weighed> weights = new HashMap<>();
                    rows.forEach(row ->
                            weights.put(row.getUUID("id"), new Weighed(row.getUUID("id"), row.getInteger("weight"))));
                    return ids.stream()
                            .map(weights::get)
                            .filter(Objects::nonNull)
                            .toList();
                });
    }

    private Function<List<UUID>, Uni<List<byte[]>>> load(UUID orgId, Function<ExperimentView, byte[]> write) {
        return ids -> pool.preparedQuery(ITEMS)
                .execute(Tuple.of(orgId, ids.toArray(UUID[]::new)))
                .map(rows -> inOrder(orgId, ids, rows, write));
    }

    private static List<byte[]> inOrder(
            UUID orgId, List<UUID> ids, RowSet<Row> rows, Function<ExperimentView, byte[]> write) {
        Map<UUID, byte[]> written = new HashMap<>();
        for (Row row : rows) {
            ExperimentView view = new ExperimentView(
                    new RawJson(row.getString("definition")),
                    row.getUUID("id"),
                    orgId,
                    row.getUUID("template_id"),
                    row.getOffsetDateTime("created_at").toInstant(),
                    row.getLong("executions"));
            written.put(view.id(), write.apply(view));
        }
        return ids.stream().map(written::get).filter(Objects::nonNull).toList();
    }

    private byte[] view(ExperimentView view) {
        try {
            return json.writeValueAsBytes(view);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("An experiment cannot be written", e);
        }
    }
}
