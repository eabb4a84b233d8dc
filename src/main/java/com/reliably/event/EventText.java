package com.reliably.event;

/**
 * Events as a stream has them: the format {@code text/event-stream} of the HTML standard. A line feed, a carriage
 * return, or both, end a line of data; the format cannot tell them apart. Not thread-safe.
 */
public final class EventText {

    private final StringBuilder text = new StringBuilder();

    /**
     * Adds an event.
     *
     * @param id   where to resume after it; neither line breaks nor NUL
     * @param name null for one that has no name, a {@code message}
     * @param data any text
     */
    public EventText event(String id, String name, CharSequence data) {
        text.append("id: ").append(id).append('\n');
        if (name != null) {
            text.append("event: ").append(name).append('\n');
        }
        text.append("data: ");
        int length = data.length();
        for (int i = 0; i < length; i++) {
            char c = data.charAt(i);
            if (c == '\r' && i + 1 < length && data.charAt(i + 1) == '\n') {
                continue;
            }
            if (c == '\r' || c == '\n') {
                text.append("\ndata: ");
            } else {
                text.append(c);
            }
        }
        text.append("\n\n");
        return this;
    }

    /** Moves the place to resume at, without an event that anybody would be told of. */
    public EventText place(String id) {
        text.append("id: ").append(id).append("\n\n");
        return this;
    }

    /** How much there is, in characters. */
    public int length() {
        return text.length();
    }

    /** All of it. */
    @Override
    public String toString() {
        return text.toString();
    }
}
