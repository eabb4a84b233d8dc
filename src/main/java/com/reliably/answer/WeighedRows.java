package com.reliably.answer;

import com.reliably.answer.WeighedItems.Weighed;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Rows of a table that carry texts of users, answered as JSON: so many at once as memory permits. Not to be called from within
 * a session: that would hold two connections.
 */
public final class WeighedRows {

    private final Pool pool;
    private final BiFunction<UUID, Row, byte[]> write;
    private final String weights;
    private final String items;

    /**
     * A reader of one table.
     *
     * @param table   with the columns {@code id} and {@code org_id}
     * @param weight  SQL for about how many bytes a row has
     * @param columns SQL for what is read of a row, called {@code x}, beside its id
     * @param write   makes JSON of a row of the organization
     */
    public WeighedRows(Pool pool, String table, String weight, String columns, BiFunction<UUID, Row, byte[]> write) {
        String from = " from " + table + " x where x.org_id = $1 and x.id = any($2)";
        this.pool = pool;
        this.write = write;
        this.weights = "select x.id, cast(" + weight + " as bigint) as weight" + from;
        this.items = "select x.id, " + columns + from + " and " + weight + " <= cast($3 as bigint)";
    }

    /**
     * A page of a list.
     *
     * @param count how many items the list has
     * @param ids   those of the page, in its order; of those that are gone nothing is shown
     */
    public Uni<LargeAnswer> page(UUID orgId, long count, List<UUID> ids) {
        return weighed(orgId, ids).chain(found -> WeighedItems.page(orgId, count, found, load(orgId, write)));
    }

    /** A single row; null where the organization has none of this id. */
    public Uni<LargeAnswer> one(UUID orgId, UUID id) {
        return one(orgId, id, write);
    }

    /** The same, written otherwise. A small row, as nearly all are, takes one statement. */
    public Uni<LargeAnswer> one(UUID orgId, UUID id, BiFunction<UUID, Row, byte[]> writeOtherwise) {
        return read(orgId, List.of(id), WeighedItems.AT_ONCE, writeOtherwise)
                .chain(small -> small.isEmpty()
                        ? large(orgId, id, writeOtherwise)
                        : Uni.createFrom().item(LargeAnswer.small(orgId, small.get(0))));
    }

    private Uni<LargeAnswer> large(UUID orgId, UUID id, BiFunction<UUID, Row, byte[]> writeOtherwise) {
        return weighed(orgId, List.of(id))
                .chain(found -> found.isEmpty()
                        ? Uni.createFrom().nullItem()
                        : WeighedItems.one(orgId, found.get(0), load(orgId, writeOtherwise)));
    }

    private Uni<List<Weighed>> weighed(UUID orgId, List<UUID> ids) {
        return ids.isEmpty()
                ? Uni.createFrom().item(List.of())
                : pool.preparedQuery(weights)
                        .execute(Tuple.of(orgId, ids.toArray(UUID[]::new)))
                        .map(rows -> inOrder(ids, rows, row -> new Weighed(row.getUUID("id"), row.getLong("weight"))));
    }

    private Function<List<UUID>, Uni<List<byte[]>>> load(UUID orgId, BiFunction<UUID, Row, byte[]> writing) {
        return ids -> read(orgId, ids, Long.MAX_VALUE, writing);
    }

    private Uni<List<byte[]>> read(UUID orgId, List<UUID> ids, long heaviest, BiFunction<UUID, Row, byte[]> writing) {
        return pool.preparedQuery(items)
                .execute(Tuple.of(orgId, ids.toArray(UUID[]::new), heaviest))
                .map(rows -> inOrder(ids, rows, row -> writing.apply(orgId, row)));
    }

    private static <T> List<T> inOrder(List<UUID> ids, RowSet<Row> rows, Function<Row, T> made) {
        Map<UUID, T> byId = new HashMap<>();
        rows.forEach(row -> byId.put(row.getUUID("id"), made.apply(row)));
        List<T> ordered = new ArrayList<>(byId.size());
        ids.stream().map(byId::get).filter(Objects::nonNull).forEach(ordered::add);
        return ordered;
    }
}
