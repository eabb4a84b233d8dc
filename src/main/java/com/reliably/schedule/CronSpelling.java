package com.reliably.schedule;

import com.reliably.schedule.CronField.Unreadable;
import com.reliably.schedule.CronField.Values;
import java.util.stream.Collectors;

/** Spells patterns for engines that read cron, but not all that {@link CronSchedule} takes. */
public final class CronSpelling {

    private static final int DAYS = 7;

    private CronSpelling() {}

    /**
     * The same schedule without anything that is peculiar about its days of the week: that 7 is Sunday too, that a range
     * may end with SUN. What says nothing about them stays {@code *}, so that the day of the month alone decides.
     *
     * @param pattern that {@link CronSchedule#parse} took; nicknames stay as they are
     */
    public static String withDaysOfWeekListed(String pattern) {
        String[] fields = pattern.strip().split("\\s+");
        int last = CronField.DAY_OF_WEEK.ordinal();
        if (fields.length <= last) {
            return fields[0];
        }
        try {
            Values days = CronField.DAY_OF_WEEK.read(fields[last]);
            fields[last] = days.free()
                    ? "*"
                    : days.values().stream()
                            .map(day -> day % DAYS)
                            .sorted()
                            .distinct()
                            .mapToObj(Integer::toString)
                            .collect(Collectors.joining(","));
        } catch (Unreadable e) {
            throw new IllegalArgumentException("Not a pattern that was parsed: " + pattern, e);
        }
        return String.join(" ", fields);
    }
}
