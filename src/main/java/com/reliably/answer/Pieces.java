package com.reliably.answer;

import io.smallrye.mutiny.Uni;

/**
 * Where a large answer comes from. A piece is asked for once the one before it has left for the client's socket, so that a
 * client that does not read costs one piece of memory, and nothing else.
 */
@FunctionalInterface
public interface Pieces {

    /** The largest piece, in bytes. */
    int LARGEST = 64 * 1024;

    /**
     * The next piece, as it goes over the wire; null at the end. Nothing of the database may be held between one piece and the
     * next. A failure of the first is an answer like any other; later the connection is closed, so that nobody takes what came
     * for the whole.
     */
    Uni<byte[]> next();
}
