package com.reliably.web;

import io.quarkus.hibernate.reactive.panache.PanacheQuery;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Reads pages of lists: first only the ids, which an index in the list's order has, then the rows of the page. PostgreSQL would
 * otherwise read every row that a page far away skips.
 */
public final class Pages {

    private Pages() {}

    /** What is read of the rows that are skipped, and of those of the page at first. */
    @RegisterForReflection
    public record IdOnly(UUID id) {}

    /**
     * Reads one page. Joins the session of its caller.
     *
     * @param query the whole list, in its order
     * @param rows  reads the rows of these ids, of which there is at least one, in any order; those that are gone are absent
     * @param id    the id of a row
     */
    public static <R> Uni<Page<R>> read(
            PanacheQuery<?> query,
            PageRequest page,
            Function<List<UUID>, ? extends Uni<? extends Collection<R>>> rows,
            Function<R, UUID> id) {
        return ids(query, page)
                .chain(found -> found.items().isEmpty()
                        ? Uni.createFrom().item(new Page<R>(found.count(), List.of()))
                        : rows.apply(found.items()).map(read -> inOrder(found, read, id)));
    }

    /** The ids of one page. Joins the session of its caller. */
    public static Uni<Page<UUID>> ids(PanacheQuery<?> query, PageRequest page) {
        int from = page.offset();
        int to = Math.addExact(from, page.limit() - 1);
        return query.count()
                .chain(count -> from >= count
                        ? Uni.createFrom().item(new Page<UUID>(count, List.of()))
                        : query.project(IdOnly.class)
                                .range(from, to)
                                .list()
                                .map(ids -> new Page<>(
                                        count, ids.stream().map(IdOnly::id).toList())));
    }

    private static <R> Page<R> inOrder(Page<UUID> ids, Collection<R> rows, Function<R, UUID> id) {
        Map<UUID, R> byId = rows.stream().collect(Collectors.toMap(id, row -> row));
        return new Page<>(
                ids.count(),
                ids.items().stream().map(byId::get).filter(Objects::nonNull).toList());
    }
}
