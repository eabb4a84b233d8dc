package com.reliably.answer;

import io.smallrye.mutiny.Uni;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;

/**
 * An answer that is too large to be held in memory: written piece by piece, as fast as its client reads
 * ({@link LargeAnswerWriter}).
 *
 * @param orgId  the organization whose share of the memory it takes
 * @param length of the whole in bytes; negative where that is not known
 * @param memory the bytes that are held for it at any moment; 0 for one so small that it is not counted
 * @param pieces the rest of it, from the first byte on
 */
public record LargeAnswer(UUID orgId, long length, long memory, Pieces pieces) {

    /** A piece as the database's client has it, as it is handed over, and as it waits for the socket. */
    private static final int COPIES = 3;

    /** An answer of one piece, which need not wait for memory. */
    public static LargeAnswer small(UUID orgId, byte[] whole) {
        AtomicReference<byte[]> rest = new AtomicReference<>(whole);
        return new LargeAnswer(orgId, whole.length, 0, () -> Uni.createFrom().item(rest.getAndSet(null)));
    }

    /** An answer in pieces of at most {@link Pieces#LARGEST} bytes. */
    public static LargeAnswer of(UUID orgId, long length, Pieces pieces) {
        return new LargeAnswer(orgId, length, (long) COPIES * Pieces.LARGEST, pieces);
    }
}
