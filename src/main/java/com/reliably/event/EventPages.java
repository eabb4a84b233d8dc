package com.reliably.event;

import io.smallrye.mutiny.Uni;

/**
 * Where a stream's events come from, a page at a time. A page is asked for once the one before it has gone out to the
 * client, so that a client who does not read costs one page of memory, and nothing else.
 */
public interface EventPages {

    /** The next page. Nothing of the database may be held between one page and the next. */
    Uni<EventPage> next();

    /** What tells a client that the stream is there although nothing happens. */
    default String heartbeat() {
        return ":\n\n";
    }
}
