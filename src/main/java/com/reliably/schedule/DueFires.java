package com.reliably.schedule;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is to be done with the fires of a schedule that have come due.
 *
 * @param toRun      the fires to run, the oldest first
 * @param tooLate    fires older than the window, the oldest first, at most {@link #MOST_RECORDED}
 * @param cutOff     whether more fires were too late than are listed
 * @param superseded fires within the window that a later one stands for, the oldest first
 * @param next       the first fire after now, or that is due still; empty where the schedule never fires again
 */
public record DueFires(
        List<Instant> toRun, List<Instant> tooLate, boolean cutOff, List<Instant> superseded, Optional<Instant> next) {

    /** How many fires that were too late are listed: a year of minutes would say no more. */
    public static final int MOST_RECORDED = 100;

    /** How many late fires are run of one look at them; the rest is due still, and found by the next look. */
    public static final int MOST_TO_RUN = 1000;

    /** How late a fire may be found without counting as one to be caught up with: a server may be busy, or restarting. */
    public static final Duration IN_TIME = Duration.ofMinutes(1);

    /**
     * Sorts the fires of a schedule from {@code firstDue} to {@code now}.
     *
     * @param firstDue the earliest fire that nothing was done about
     * @param now      the current time
     * @param catchUp  what becomes of those that are late
     * @param window   how late a fire may be to be run; does not count where nothing is caught up with
     */
    public static DueFires of(CronSchedule schedule, Instant firstDue, Instant now, CatchUp catchUp, Duration window) {
        Instant horizon = now.minus(catchUp == CatchUp.NONE ? IN_TIME : window);
        Late late = Late.of(schedule, firstDue, horizon);
        List<Instant> inWindow = new ArrayList<>();
        Optional<Instant> fire = late.next();
        int most = catchUp == CatchUp.ALL ? MOST_TO_RUN : Integer.MAX_VALUE;
        while (fire.isPresent() && !fire.get().isAfter(now) && inWindow.size() < most) {
            inWindow.add(fire.get());
            fire = schedule.nextFire(fire.get());
        }
        int firstToRun = catchUp == CatchUp.ALL ? 0 : Math.max(0, inWindow.size() - 1);
        return new DueFires(
                List.copyOf(inWindow.subList(firstToRun, inWindow.size())),
                late.fires(),
                late.cutOff(),
                List.copyOf(inWindow.subList(0, firstToRun)),
                fire);
    }

    /**
     * Sorts the fires from {@code first} to {@code now} of a schedule that nobody was to keep: none is run.
     *
     * @param first the earliest moment that a fire counts from
     */
    public static DueFires noneOf(CronSchedule schedule, Instant first, Instant now) {
        Optional<Instant> firstFire = schedule.nextFire(first.minusNanos(1));
        Instant end = now.plusNanos(1);
        Late late = firstFire.isPresent()
                ? Late.of(schedule, firstFire.get(), end)
                : new Late(List.of(), false, Optional.empty());
        return new DueFires(List.of(), late.fires(), late.cutOff(), List.of(), late.next());
    }

    /** Fires before a moment, as many as are listed, and the first one from that moment on. */
    private record Late(List<Instant> fires, boolean cutOff, Optional<Instant> next) {

        static Late of(CronSchedule schedule, Instant firstDue, Instant horizon) {
            Optional<Instant> fire = Optional.of(firstDue);
            List<Instant> late = new ArrayList<>();
            while (isBefore(fire, horizon) && late.size() < MOST_RECORDED) {
                late.add(fire.get());
                fire = schedule.nextFire(fire.get());
            }
            boolean cutOff = isBefore(fire, horizon);
            return new Late(List.copyOf(late), cutOff, cutOff ? schedule.nextFire(horizon.minusNanos(1)) : fire);
        }

        private static boolean isBefore(Optional<Instant> fire, Instant moment) {
            return fire.isPresent() && fire.get().isBefore(moment);
        }
    }
}
