package com.reliably.event;

/**
 * A piece of a stream.
 *
 * @param text  events in the stream's format; empty where there is nothing new
 * @param after what to do once they have gone out
 */
public record EventPage(String text, After after) {

    /** How a stream goes on. */
    public enum After {
        /** There is more already. */
        AGAIN,
        /** There may be more in a while. */
        WAIT,
        /** This was all. */
        END
    }
}
