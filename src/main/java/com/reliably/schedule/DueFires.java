package com.reliably.schedule;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is to be done with the fires of a schedule that have come due: the latest that is not too late is run, the
 * others are missed.
 *
 * @param toRun      the fire to run; empty where all are too late
 * @param tooLate    fires older than the catch-up window, the oldest first, at most {@link #MOST_RECORDED}
 * @param cutOff     whether more fires were too late than are listed
 * @param superseded fires within the window that a later one stands for, the oldest first
 * @param next       the first fire after now; empty where the schedule never fires again
 */
public record DueFires(
        Optional<Instant> toRun,
        List<Instant> tooLate,
        boolean cutOff,
        List<Instant> superseded,
        Optional<Instant> next) {

    /** How many fires that were too late are listed: a year of minutes would say no more. */
    public static final int MOST_RECORDED = 100;

    /**
     * Sorts the fires of a schedule from {@code firstDue} to {@code now}.
     *
     * @param firstDue the earliest fire that nothing was done about
     * @param now      the current time
     * @param window   how late a fire may be to be run
     */
    public static DueFires of(CronSchedule schedule, Instant firstDue, Instant now, Duration window) {
        Instant horizon = now.minus(window);
        Optional<Instant> fire = Optional.of(firstDue);
        List<Instant> tooLate = new ArrayList<>();
        while (isBefore(fire, horizon) && tooLate.size() < MOST_RECORDED) {
            tooLate.add(fire.get());
            fire = schedule.nextFire(fire.get());
        }
        boolean cutOff = isBefore(fire, horizon);
        if (cutOff) {
            fire = schedule.nextFire(horizon.minusNanos(1));
        }
        List<Instant> inWindow = new ArrayList<>();
        while (fire.isPresent() && !fire.get().isAfter(now)) {
            inWindow.add(fire.get());
            fire = schedule.nextFire(fire.get());
        }
        Optional<Instant> latest =
                inWindow.isEmpty() ? Optional.empty() : Optional.of(inWindow.remove(inWindow.size() - 1));
        return new DueFires(latest, List.copyOf(tooLate), cutOff, List.copyOf(inWindow), fire);
    }

    private static boolean isBefore(Optional<Instant> fire, Instant moment) {
        return fire.isPresent() && fire.get().isBefore(moment);
    }
}
