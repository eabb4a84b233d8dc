package com.reliably.metric;

import java.util.List;

/**
 * What there is to do in the whole database, for all organisations and servers.
 *
 * @param runs           runs that have not ended
 * @param plansDue       plans whose time has come, and that no server has fired yet
 * @param overdueSeconds for how long the longest of these has been due
 * @param schedules      schedules that engines keep
 */
record Backlog(List<Runs> runs, long plansDue, double overdueSeconds, List<Schedules> schedules) {

    /**
     * Schedules that engines keep, of a kind.
     *
     * @param state {@code applied}: as they should be; {@code waiting}: not yet; {@code refused}: by their engine;
     *     {@code removing}: still to be removed; {@code troubled}: as they should be, but their engine says that something
     *     is wrong
     * @param type  the type of their deployment
     * @param count how many
     */
    record Schedules(String state, String type, long count) {}

    /**
     * Runs of a kind.
     *
     * @param state          pending, launching or running
     * @param type           the type of their deployment
     * @param count          how many
     * @param waitingSeconds for how long the one that has been due longest could have been taken up; 0 where none could
     */
    record Runs(String state, String type, long count, double waitingSeconds) {}
}
