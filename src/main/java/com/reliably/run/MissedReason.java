package com.reliably.run;

import java.util.Locale;

/** Why a due fire was not run. */
public enum MissedReason {
    /** No server could run it within the window of its plan. */
    TOO_LATE,
    /** Several had come due, and the plan catches up with the latest only. */
    SUPERSEDED,
    /** It was late, and the plan catches up with none. */
    NOT_CAUGHT_UP,
    /** A run of the plan had not ended, and the plan does not let its runs overlap. */
    OVERLAP,
    /** The plan was suspended. */
    SUSPENDED,
    /** The organisation was halted. */
    HALTED,
    /** The organisation had as many runs pending as it may have. */
    TOO_MANY_PENDING,
    /** The plan was given another schedule before a server could run it. */
    RESCHEDULED,
    /** The plan's deployment became one that this server does not start. */
    NOT_STARTED_HERE;

    /** The name that metrics show. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
