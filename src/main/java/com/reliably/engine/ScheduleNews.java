package com.reliably.engine;

/** What a plan learns of its schedule at the engine. */
public sealed interface ScheduleNews {

    /**
     * The engine has it as it should be.
     *
     * @param suspended whether that means that nothing is started, because the plan is suspended
     * @param forgotten what was told of it before and is over; null where nothing was
     */
    record Applied(boolean suspended, String forgotten) implements ScheduleNews {}

    /** The engine has refused it. */
    record Refused(String why) implements ScheduleNews {}

    /** It could not be brought in step yet, and is tried again; or it is, and something is wrong with it all the same. */
    record Troubled(String what) implements ScheduleNews {}

    /**
     * The trouble is over.
     *
     * @param forgotten what was told of it
     */
    record Sound(String forgotten) implements ScheduleNews {}

    /** Nothing of a deleted plan is left at its engine. */
    record Removed() implements ScheduleNews {}
}
