package com.reliably.runner;

import java.time.Instant;

/** What an engine tells of a schedule that it keeps. */
public sealed interface ScheduleEvent {

    /**
     * The engine has started a run.
     *
     * @param reference   by which the engine knows it
     * @param nominalTime when the schedule said that it should run; of what people have run again there, when they asked
     * @param url         where people see it at its engine; null where they can't
     */
    record Started(String reference, Instant nominalTime, String url) implements ScheduleEvent {}

    /**
     * All is as it was installed: an earlier {@link Trouble} is over.
     */
    record Sound() implements ScheduleEvent {}

    /**
     * Something is not as it was installed: somebody changed, suspended or deleted it at the engine, or the engine cannot
     * start what is due.
     *
     * @param what for people, with the remedy
     */
    record Trouble(String what) implements ScheduleEvent {}
}
