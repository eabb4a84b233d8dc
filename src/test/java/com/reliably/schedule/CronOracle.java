package com.reliably.schedule;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * When a cron pattern fires, found by looking at a zone's clock once a minute. It is too simple to be fast, and shares
 * nothing with {@link CronSchedule}, which is held against it.
 *
 * <p>A clock that is watched shows a new minute, or jumps over some, which are then over all at once, or shows minutes
 * again that it has shown before. Something fires when a minute of its pattern is over for the first time.
 */
final class CronOracle {

    private static final List<String> MONTHS =
            List.of("", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC");
    private static final List<String> WEEKDAYS = List.of("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT");

    private static final Map<String, String> NICKNAMES = Map.of(
            "@yearly", "0 0 1 1 *",
            "@annually", "0 0 1 1 *",
            "@monthly", "0 0 1 * *",
            "@weekly", "0 0 * * 0",
            "@daily", "0 0 * * *",
            "@midnight", "0 0 * * *",
            "@hourly", "0 * * * *");

    private final BitSet minutes;
    private final BitSet hours;
    private final BitSet days;
    private final BitSet months;
    private final BitSet weekdays;
    private final boolean anyDay;
    private final boolean anyWeekday;

    CronOracle(String pattern) {
        String[] fields = NICKNAMES
                .getOrDefault(pattern.toLowerCase(Locale.ROOT), pattern)
                .split(" ");
        this.minutes = values(fields[0], 0, 59, List.of());
        this.hours = values(fields[1], 0, 23, List.of());
        this.days = values(fields[2], 1, 31, List.of());
        this.months = values(fields[3], 1, 12, MONTHS);
        this.weekdays = values(fields[4], 0, 6, WEEKDAYS);
        this.anyDay = isFree(fields[2]);
        this.anyWeekday = isFree(fields[4]);
    }

    /** What a zone's clock shows, minute by minute. */
    record Clock(Instant from, List<Minute> minutes) {

        /** Looks at a clock from one moment to another; both are full minutes. */
        static Clock watched(ZoneId zone, Instant from, Instant to) {
            List<Minute> minutes = new ArrayList<>();
            // Should clocks have been put back just before: no zone has put them back by more than a day.
            LocalDateTime latest = null;
            for (Instant time = from.minus(Duration.ofDays(1)); !time.isAfter(to); time = time.plusSeconds(60)) {
                LocalDateTime shown = LocalDateTime.ofInstant(time, zone);
                List<LocalDateTime> newlyOver = new ArrayList<>();
                if (latest == null) {
                    latest = shown;
                }
                while (latest.isBefore(shown)) {
                    latest = latest.plusMinutes(1);
                    newlyOver.add(latest);
                }
                if (!time.isBefore(from)) {
                    minutes.add(new Minute(time, newlyOver));
                }
            }
            return new Clock(from, minutes);
        }
    }

    /**
     * One look at a clock.
     *
     * @param time  when
     * @param shown the minutes that it shows or has jumped over for the first time: none where it shows one again
     */
    record Minute(Instant time, List<LocalDateTime> shown) {}

    /** All fires after a moment within what was seen of a clock. */
    List<Instant> fires(Clock clock, Instant after) {
        List<Instant> fires = new ArrayList<>();
        int first = (int) Math.max(0, ChronoUnit.MINUTES.between(clock.from(), after));
        for (Minute minute : clock.minutes().subList(first, clock.minutes().size())) {
            if (minute.time().isAfter(after) && minute.shown().stream().anyMatch(this::isIn)) {
                fires.add(minute.time());
            }
        }
        return fires;
    }

    boolean isIn(LocalDateTime time) {
        boolean day = days.get(time.getDayOfMonth());
        boolean weekday = weekdays.get(time.getDayOfWeek().getValue() % 7);
        boolean theDay = anyDay || anyWeekday ? (anyDay || day) && (anyWeekday || weekday) : day || weekday;
        return theDay && months.get(time.getMonthValue()) && hours.get(time.getHour()) && minutes.get(time.getMinute());
    }

    private static boolean isFree(String field) {
        for (String item : field.split(",")) {
            if (item.equals("*") || item.equals("*/1")) {
                return true;
            }
        }
        return false;
    }

    private static BitSet values(String field, int least, int most, List<String> names) {
        BitSet values = new BitSet();
        for (String item : field.split(",")) {
            String[] rangeAndStep = item.split("/");
            String range = rangeAndStep[0];
            int step = rangeAndStep.length == 1 ? 1 : Integer.parseInt(rangeAndStep[1]);
            int low;
            int high;
            if (range.equals("*")) {
                low = least;
                high = most;
            } else if (range.contains("-")) {
                low = value(range.split("-")[0], names);
                high = value(range.split("-")[1], names);
                if (low > high && high == 0) {
                    high = 7; // FRI-SUN
                }
            } else {
                low = value(range, names) % (names == WEEKDAYS ? 7 : 60);
                high = rangeAndStep.length == 1 ? low : most;
            }
            for (int value = low; value <= high; value += step) {
                values.set(value == 7 && names == WEEKDAYS ? 0 : value);
            }
        }
        return values;
    }

    private static int value(String text, List<String> names) {
        int name = names.indexOf(text.toUpperCase(Locale.ROOT));
        return name >= 0 ? name : Integer.parseInt(text);
    }
}
