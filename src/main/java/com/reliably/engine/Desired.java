package com.reliably.engine;

import java.util.Locale;

/** What should be at an engine. */
public enum Desired {
    /** The schedule, starting what is due. */
    INSTALLED,
    /** The schedule, starting nothing. */
    SUSPENDED,
    /** Nothing. */
    REMOVED;

    /** The database's name. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Desired of(String stored) {
        return valueOf(stored.toUpperCase(Locale.ROOT));
    }
}
