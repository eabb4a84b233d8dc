package com.reliably.run;

import com.reliably.runner.RunnerEvent;

/**
 * Watches what this server does with runs, and has no part in it. Called on any thread, for one run in order, and after
 * the commit of what it is told; must neither block nor fail.
 */
interface RunListener {

    /** This server has the run from now on. */
    default void followed(Following following) {}

    /** Its engine has it. */
    default void launched(Following following) {}

    /** Its engine has said that it is over; that is not written down yet. */
    default void ending(Following following, RunnerEvent.Ended ended) {}

    /**
     * The run came into another state.
     *
     * @param why for people; null where there is nothing to say
     */
    default void changed(Following following, RunState state, String why) {}

    /**
     * This server does not follow the run any more. The last call for each {@link #followed}.
     *
     * @param failure why, where its end was not seen; else null
     */
    default void left(Following following, Throwable failure) {}
}
