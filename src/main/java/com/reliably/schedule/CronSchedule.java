package com.reliably.schedule;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRulesProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * When something fires: a cron pattern of five fields (minute, hour, day of the month, month, day of the week) or a
 * nickname such as {@code @daily}, read on the clocks of a time zone.
 *
 * <p>As crontab(5) has it: names of months and days in any case, 0 and 7 both Sunday, and where the day of the month and
 * the day of the week are both given, either of them is enough. {@code docs/adr/0009} has the finer points.
 *
 * <p>Where clocks are changed, every local time of the pattern fires exactly once: one that does not exist, because
 * clocks are put forward over it, at the moment they are put forward (together with any other that fires then); one
 * that happens twice, because clocks are put back, the first time only.
 */
public final class CronSchedule {

    /** Names of the IANA database that Java leaves out, and the zones whose clocks they show. */
    private static final Map<String, String> LEFT_OUT = Map.of(
            "EST", "America/Panama",
            "MST", "America/Phoenix",
            "HST", "Pacific/Honolulu",
            "ROC", "Asia/Taipei",
            "GMT+0", "Etc/GMT",
            "GMT-0", "Etc/GMT");

    private final String text;
    private final CronPattern pattern;
    private final ZoneId zone;

    private CronSchedule(String text, CronPattern pattern, ZoneId zone) {
        this.text = text;
        this.pattern = pattern;
        this.zone = zone;
    }

    /**
     * Reads a schedule.
     *
     * @param pattern  five fields, or one of {@code @yearly @annually @monthly @weekly @daily @midnight @hourly}
     * @param timezone the name of a time zone of the IANA database, such as {@code Europe/Paris}
     * @throws InvalidSchedule where either means nothing, or where the pattern names a day that no year has; the message
     *                         gives the character of the pattern, from 1, at which the fault is
     */
    public static CronSchedule parse(String pattern, String timezone) throws InvalidSchedule {
        ZoneId zone = zone(timezone);
        return new CronSchedule(pattern, CronPattern.parse(pattern), zone);
    }

    /** The pattern as it was given. */
    public String pattern() {
        return text;
    }

    /** Whose clocks it is read on. */
    public ZoneId zone() {
        return zone;
    }

    /**
     * The first fire after a moment; never the moment itself.
     *
     * @return empty where it never fires again; a pattern of five fields has a day in every eight years, and always does
     */
    public Optional<Instant> nextFire(Instant after) {
        LocalDateTime local = pattern.next(after.atZone(zone).toLocalDateTime());
        // More than one round where local times fall together at a shift, or repeat.
        while (!moment(local).isAfter(after)) {
            local = pattern.next(local);
        }
        return Optional.of(moment(local));
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

    private Instant moment(LocalDateTime local) {
        ZoneOffsetTransition shift = zone.getRules().getTransition(local);
        if (shift == null) {
            return local.toInstant(zone.getRules().getOffset(local));
        }
        return shift.isGap() ? shift.getInstant() : local.toInstant(shift.getOffsetBefore());
    }

    private static ZoneId zone(String timezone) throws InvalidSchedule {
        if (LEFT_OUT.containsKey(timezone)) {
            return ZoneId.of(LEFT_OUT.get(timezone));
        }
        // ZoneId.of alone also takes offsets and Java's own abbreviations, which are not zones that change their
        // clocks.
        if (!ZoneId.getAvailableZoneIds().contains(timezone)) {
            throw new InvalidSchedule(
                    "timezone",
                    timezone,
                    "There is no time zone of this name; name one of the IANA database (this server has its version "
                            + ZoneRulesProvider.getVersions("UTC").lastKey() + "), such as Europe/Paris or Etc/UTC");
        }
        return ZoneId.of(timezone);
    }
}
