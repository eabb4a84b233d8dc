package com.reliably.answer;

import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.LongFunction;

/**
 * A list that is answered whole, however long it is, but read batch by batch: each goes on where the one before ended.
 *
 * @param <R> what is read of an item
 */
public final class ListInBatches<R> implements Pieces {

    /** How many items are read at once. */
    public static final int BATCH = 1000;

    /** A batch of a thousand items, as it is read, as text and as bytes. */
    private static final long MEMORY = 1024 * 1024;

    private final Source<R> source;
    private final Function<R, String> json;
    private final LongFunction<String> closing;
    private final String opening;
    private List<R> ready;
    private R last;
    private long count;
    private boolean ended;

    private ListInBatches(
            Source<R> source, List<R> first, String opening, Function<R, String> json, LongFunction<String> closing) {
        this.source = source;
        this.ready = first;
        this.opening = opening;
        this.json = json;
        this.closing = closing;
    }

    /** Where the items come from. */
    @FunctionalInterface
    public interface Source<R> {

        /**
         * The next items, {@link #BATCH} of them unless the list ends; read on a connection of their own, which is given back.
         *
         * @param last the item after which they come; null for the first ones
         */
        Uni<List<R>> after(R last);
    }

    /** A JSON array of the items. */
    public static <R> Uni<LargeAnswer> array(UUID orgId, Source<R> source, Function<R, String> json) {
        return answer(orgId, source, "[", json, count -> "]");
    }

    /** The items and their count, as a page has them. */
    public static <R> Uni<LargeAnswer> page(UUID orgId, Source<R> source, Function<R, String> json) {
        return answer(orgId, source, "{\"items\":[", json, count -> "],\"count\":" + count + "}");
    }

    private static <R> Uni<LargeAnswer> answer(
            UUID orgId, Source<R> source, String opening, Function<R, String> json, LongFunction<String> closing) {
        return source.after(null).map(first -> {
            ListInBatches<R> list = new ListInBatches<>(source, first, opening, json, closing);
            return first.size() < BATCH
                    ? LargeAnswer.small(orgId, list.write(first))
                    : new LargeAnswer(orgId, -1, MEMORY, list);
        });
    }

    @Override
    public Uni<byte[]> next() {
        if (ended) {
            return Uni.createFrom().nullItem();
        }
        if (ready != null) {
            byte[] piece = write(ready);
            ready = null;
            return Uni.createFrom().item(piece);
        }
        return source.after(last).map(this::write);
    }

    private byte[] write(List<R> batch) {
        StringBuilder text = new StringBuilder(count == 0 ? opening : "");
        for (R item : batch) {
            text.append(count++ == 0 ? "" : ",").append(json.apply(item));
            last = item;
        }
        if (batch.size() < BATCH) {
            ended = true;
            text.append(closing.apply(count));
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }
}
