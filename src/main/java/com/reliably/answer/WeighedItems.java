package com.reliably.answer;

import io.smallrye.mutiny.Uni;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;

/**
 * A page whose items carry texts of users: read at once where they are small together, as nearly always, else a few at a time,
 * each when the client has taken those before.
 */
public final class WeighedItems implements Pieces {

    /** What is read at once, in bytes; more only where a single item has more. */
    static final long AT_ONCE = 4L * LARGEST;

    /** A text as the database's client has it, as a String, and as the bytes of its item. */
    private static final int COPIES = 4;

    private final Function<List<UUID>, Uni<List<byte[]>>> load;
    private final List<List<UUID>> batches;
    private final String opening;
    private final String closing;
    private int next;
    private boolean any;

    private WeighedItems(
            List<List<UUID>> batches, String opening, String closing, Function<List<UUID>, Uni<List<byte[]>>> load) {
        this.batches = batches;
        this.opening = opening;
        this.closing = closing;
        this.load = load;
    }

    /** An item, and about how many bytes it has. */
    public record Weighed(UUID id, long weight) {}

    /**
     * A page of a list.
     *
     * @param count how many items the list has
     * @param items those of the page, in its order
     * @param load  makes JSON of some of them, in their order, on connections that are given back; those that are gone are absent
     */
    public static Uni<LargeAnswer> page(
            UUID orgId, long count, List<Weighed> items, Function<List<UUID>, Uni<List<byte[]>>> load) {
        return answer(orgId, items, "{\"count\":" + count + ",\"items\":[", "]}", load);
    }

    /** A single item; {@code load} as above. */
    public static Uni<LargeAnswer> one(UUID orgId, Weighed item, Function<List<UUID>, Uni<List<byte[]>>> load) {
        return answer(orgId, List.of(item), "", "", load);
    }

    private static Uni<LargeAnswer> answer(
            UUID orgId,
            List<Weighed> items,
            String opening,
            String closing,
            Function<List<UUID>, Uni<List<byte[]>>> load) {
        List<List<UUID>> batches = new ArrayList<>();
        List<UUID> batch = new ArrayList<>();
        long weight = 0;
        long heaviest = 0;
        for (Weighed item : items) {
            if (!batch.isEmpty() && weight + item.weight() > AT_ONCE) {
                batches.add(batch);
                batch = new ArrayList<>();
                weight = 0;
            }
            batch.add(item.id());
            weight += item.weight();
            heaviest = Math.max(heaviest, weight);
        }
        batches.add(batch);
        WeighedItems whole = new WeighedItems(batches, opening, closing, load);
        return batches.size() == 1 && heaviest <= AT_ONCE
                ? whole.next().map(bytes -> LargeAnswer.small(orgId, bytes))
                : Uni.createFrom().item(new LargeAnswer(orgId, -1, COPIES * heaviest, whole));
    }

    @Override
    public Uni<byte[]> next() {
        if (next == batches.size()) {
            return Uni.createFrom().nullItem();
        }
        List<UUID> batch = batches.get(next++);
        return (batch.isEmpty() ? Uni.createFrom().item(List.<byte[]>of()) : load.apply(batch)).map(this::joined);
    }

    private byte[] joined(List<byte[]> items) {
        ByteArrayOutputStream piece = new ByteArrayOutputStream();
        piece.writeBytes(bytes(next == 1 ? opening : ""));
        for (byte[] item : items) {
            piece.writeBytes(bytes(any ? "," : ""));
            any = true;
            piece.writeBytes(item);
        }
        piece.writeBytes(bytes(next == batches.size() ? closing : ""));
        return piece.toByteArray();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
