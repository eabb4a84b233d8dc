package com.reliably.schedule;

import com.cronutils.model.Cron;
import com.cronutils.model.definition.CronDefinition;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * When something fires: a cron pattern of five fields (minute, hour, day of the month, month, day of the week) or a
 * nickname such as {@code @daily}, read on the clocks of a time zone.
 *
 * <p>As crontab(5) has it: names of months and days in any case, 0 and 7 both Sunday, and where the day of the month and
 * the day of the week are both given, either of them is enough.
 *
 * <p>Where clocks are changed, every local time of the pattern fires exactly once: one that does not exist, because
 * clocks are put forward over it, at the moment they are put forward (together with any other that fires then); one
 * that happens twice, because clocks are put back, the first time only.
 */
public final class CronSchedule {

    private static final int LONGEST_PATTERN = 256;

    // cron-utils does otherwise with local times: it leaves out those that do not exist, so that a daily fire is lost
    // in spring, and fires hourly ones twice in autumn. It is therefore only asked about clocks that are never changed.
    private static final CronParser PARSER = new CronParser(fiveFields());

    private final String pattern;
    private final ZoneId zone;
    private final ExecutionTime localTimes;

    private CronSchedule(String pattern, ZoneId zone, ExecutionTime localTimes) {
        this.pattern = pattern;
        this.zone = zone;
        this.localTimes = localTimes;
    }

    /**
     * Reads a schedule.
     *
     * @param pattern  five fields, or one of {@code @yearly @annually @monthly @weekly @daily @midnight @hourly}
     * @param timezone the name of a time zone of the IANA database, such as {@code Europe/Paris}
     * @throws InvalidSchedule where either means nothing, or where the pattern names a day that no year has
     */
    public static CronSchedule parse(String pattern, String timezone) throws InvalidSchedule {
        ZoneId zone = zone(timezone);
        String trimmed = pattern.strip();
        if (trimmed.isEmpty()) {
            throw inPattern(pattern, "it is empty; give five fields as in '*/15 9-17 * * MON-FRI'");
        }
        if (trimmed.length() > LONGEST_PATTERN) {
            throw inPattern(pattern, "it is longer than " + LONGEST_PATTERN + " characters");
        }
        Cron cron = trimmed.startsWith("@") ? nickname(trimmed) : fields(trimmed);
        CronSchedule schedule = new CronSchedule(pattern, zone, ExecutionTime.forCron(cron));
        if (schedule.localTimes
                .nextExecution(ZonedDateTime.of(2000, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC))
                .isEmpty()) {
            throw inPattern(
                    pattern, "it never fires: no year has a day that its day of the month and its month both name");
        }
        return schedule;
    }

    /** The pattern as it was given. */
    public String pattern() {
        return pattern;
    }

    /** Whose clocks it is read on. */
    public ZoneId zone() {
        return zone;
    }

    /**
     * The first fire after a moment; never the moment itself.
     *
     * @return empty where it never fires again
     */
    public Optional<Instant> nextFire(Instant after) {
        Optional<ZonedDateTime> local = nextLocal(after.atZone(zone).toLocalDateTime());
        // More than one round where local times fall together at a shift, or repeat.
        while (local.isPresent() && !moment(local.get().toLocalDateTime()).isAfter(after)) {
            local = nextLocal(local.get().toLocalDateTime());
        }
        return local.map(time -> moment(time.toLocalDateTime()));
    }

    /** The next fires after a moment, in their order; fewer than asked for where it stops firing. */
    public List<Instant> nextFires(Instant after, int limit) {
        List<Instant> fires = new ArrayList<>();
        Optional<Instant> fire = nextFire(after);
        while (fire.isPresent() && fires.size() < limit) {
            fires.add(fire.get());
            fire = nextFire(fire.get());
        }
        return fires;
    }

    private Optional<ZonedDateTime> nextLocal(LocalDateTime after) {
        return localTimes.nextExecution(after.atZone(ZoneOffset.UTC));
    }

    private Instant moment(LocalDateTime local) {
        ZoneOffsetTransition shift = zone.getRules().getTransition(local);
        if (shift == null) {
            return local.toInstant(zone.getRules().getOffset(local));
        }
        return shift.isGap() ? shift.getInstant() : local.toInstant(shift.getOffsetBefore());
    }

    private static ZoneId zone(String timezone) throws InvalidSchedule {
        // ZoneId.of alone also takes offsets and Java's own abbreviations, which are not zones that change their
        // clocks.
        if (!ZoneId.getAvailableZoneIds().contains(timezone)) {
            throw new InvalidSchedule(
                    "timezone",
                    timezone,
                    "There is no time zone of this name; name one of the IANA database, such"
                            + " as Europe/Paris or Etc/UTC");
        }
        try {
            return ZoneId.of(timezone);
        } catch (DateTimeException e) {
            throw new InvalidSchedule("timezone", timezone, "This time zone is not known here: " + e.getMessage());
        }
    }

    private static Cron nickname(String pattern) throws InvalidSchedule {
        try {
            return PARSER.parse(pattern.toLowerCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw inPattern(
                    pattern,
                    "'" + pattern + "' is not one of @yearly, @annually, @monthly, @weekly, @daily, @midnight and"
                            + " @hourly");
        }
    }

    private static Cron fields(String pattern) throws InvalidSchedule {
        String[] parts = pattern.split("\\s+");
        CronField[] fields = CronField.values();
        if (parts.length != fields.length) {
            throw inPattern(
                    pattern,
                    "it has " + parts.length + " field" + (parts.length == 1 ? "" : "s") + ", not the five of minute,"
                            + " hour, day of the month, month and day of the week"
                            + (parts.length > 5 ? "; there are no seconds" : ""));
        }
        for (CronField field : fields) {
            check(pattern, field, parts[field.ordinal()]);
        }
        return PARSER.parse(String.join(" ", parts));
    }

    private static void check(String pattern, CronField field, String text) throws InvalidSchedule {
        Optional<String> fault = field.fault(text);
        if (fault.isPresent()) {
            throw inPattern(pattern, "in " + field.place() + ", " + fault.get());
        }
        try {
            PARSER.parse(field.alone(text));
        } catch (IllegalArgumentException e) {
            throw inPattern(
                    pattern,
                    "in " + field.place() + ", '" + text + "' is not possible: it takes " + field.range()
                            + ", ranges from the smaller to the larger, and steps from 1 to its largest value");
        }
    }

    private static InvalidSchedule inPattern(String pattern, String what) {
        return new InvalidSchedule("pattern", pattern, "The cron pattern is not valid: " + what);
    }

    private static CronDefinition fiveFields() {
        return CronDefinitionBuilder.defineCron()
                .withMinutes()
                .withValidRange(0, 59)
                .withStrictRange()
                .and()
                .withHours()
                .withValidRange(0, 23)
                .withStrictRange()
                .and()
                .withDayOfMonth()
                .withValidRange(1, 31)
                .withStrictRange()
                .and()
                .withMonth()
                .withValidRange(1, 12)
                .withStrictRange()
                .and()
                .withDayOfWeek()
                .withValidRange(0, 7)
                .withMondayDoWValue(1)
                .withIntMapping(7, 0)
                .withStrictRange()
                .and()
                .withSupportedNicknameYearly()
                .withSupportedNicknameAnnually()
                .withSupportedNicknameMonthly()
                .withSupportedNicknameWeekly()
                .withSupportedNicknameDaily()
                .withSupportedNicknameMidnight()
                .withSupportedNicknameHourly()
                .instance();
    }
}
