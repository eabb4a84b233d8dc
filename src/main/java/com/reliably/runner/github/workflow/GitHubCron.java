package com.reliably.runner.github.workflow;

import com.reliably.runner.LaunchFailure;
import com.reliably.runner.github.workflow.WorkflowOrder.CronLine;
import com.reliably.schedule.CronSchedule;
import com.reliably.schedule.CronSpelling;
import com.reliably.schedule.InvalidSchedule;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A plan's schedule in the words of GitHub, whose cron has no nicknames, no second Sunday, and five minutes at least. */
public final class GitHubCron {

    private static final Duration SHORTEST = Duration.ofMinutes(5);
    private static final int LOOKED_AT = 60;
    private static final int DAY = 24 * 60;
    private static final List<Duration> BACK =
            List.of(Duration.ofHours(2), Duration.ofDays(2), Duration.ofDays(62), Duration.ofDays(3000));
    private static final Map<String, String> NICKNAMES = Map.of(
            "@yearly", "0 0 1 1 *",
            "@annually", "0 0 1 1 *",
            "@monthly", "0 0 1 * *",
            "@weekly", "0 0 * * 0",
            "@daily", "0 0 * * *",
            "@midnight", "0 0 * * *",
            "@hourly", "0 * * * *");

    private final String pattern;
    private final String timezone;
    private final CronSchedule schedule;

    private GitHubCron(String pattern, String timezone, CronSchedule schedule) {
        this.pattern = pattern;
        this.timezone = timezone;
        this.schedule = schedule;
    }

    /**
     * A plan's schedule.
     *
     * @param pattern  as {@link CronSchedule} reads it
     * @param timezone an IANA zone
     * @throws LaunchFailure where either means nothing
     */
    public static GitHubCron of(String pattern, String timezone) {
        try {
            return new GitHubCron(pattern, timezone, CronSchedule.parse(pattern, timezone));
        } catch (InvalidSchedule e) {
            throw new LaunchFailure(e.getMessage(), e);
        }
    }

    /**
     * The entries of {@code on.schedule}.
     *
     * @param withTimezone whether this GitHub reads cron on the clocks of a zone; else on UTC's
     * @param now          for what the zone's clocks show
     * @throws LaunchFailure where GitHub cannot be told
     */
    public List<CronLine> lines(boolean withTimezone, Instant now) {
        List<Instant> fires = schedule.nextFires(now, LOOKED_AT);
        for (int i = 1; i < fires.size(); i++) {
            if (Duration.between(fires.get(i - 1), fires.get(i)).compareTo(SHORTEST) < 0) {
                throw new LaunchFailure("GitHub starts workflows every five minutes at most, and '" + pattern
                        + "' is more often: give a longer interval, or use another deployment.");
            }
        }
        String[] fields = fields();
        boolean utc = schedule.zone().getRules().isFixedOffset()
                && schedule.zone().getRules().getOffset(now).getTotalSeconds() == 0;
        if (utc) {
            return List.of(new CronLine(String.join(" ", fields), null));
        }
        return withTimezone
                ? List.of(new CronLine(String.join(" ", fields), timezone))
                : inUtc(fields, schedule.zone(), now);
    }

    /** Whether a translation to UTC is wrong for a part of the year. */
    public boolean isInexactInUtc() {
        return !schedule.zone().getRules().isFixedOffset();
    }

    /** When the schedule said that a run should begin which GitHub made at that moment: GitHub is late, never early. */
    public Instant nominalTimeOf(Instant createdAt) {
        for (Duration back : BACK) {
            Instant latest = null;
            Optional<Instant> fire = schedule.nextFire(createdAt.minus(back));
            while (fire.isPresent() && !fire.get().isAfter(createdAt)) {
                latest = fire.get();
                fire = schedule.nextFire(latest);
            }
            if (latest != null) {
                return latest;
            }
        }
        return createdAt;
    }

    private String[] fields() {
        String expanded = NICKNAMES.getOrDefault(pattern.strip().toLowerCase(Locale.ROOT), pattern.strip());
        String[] fields = CronSpelling.withDaysOfWeekListed(expanded).split("\\s+");
        fields[3] = fields[3].toUpperCase(Locale.ROOT);
        return fields;
    }

    /** The minutes of days, moved to UTC. Those that come to lie on another day need entries of their own. */
    private List<CronLine> inUtc(String[] fields, ZoneId zone, Instant now) {
        int offset = zone.getRules().getOffset(now).getTotalSeconds() / 60;
        boolean everyDay = fields[2].equals("*") && fields[4].equals("*");
        if (fields[1].equals("*") && offset % 60 == 0 && everyDay) {
            return List.of(new CronLine(String.join(" ", fields), null));
        }
        if (!fields[2].equals("*") || !fields[3].equals("*")) {
            throw new LaunchFailure("This GitHub Enterprise Server reads cron in UTC only, and '" + pattern + "' in "
                    + timezone + " cannot be said in UTC: give the plan the time zone UTC.");
        }
        // By shift of the day and minute: the hours.
        Map<Integer, Map<Integer, TreeSet<Integer>>> byShift = new LinkedHashMap<>();
        for (int hour : numbers(fields[1], 0, 23)) {
            for (int minute : numbers(fields[0], 0, 59)) {
                int moved = hour * 60 + minute - offset;
                int shift = Math.floorDiv(moved, DAY);
                int ofDay = Math.floorMod(moved, DAY);
                byShift.computeIfAbsent(shift, key -> new LinkedHashMap<>())
                        .computeIfAbsent(ofDay % 60, key -> new TreeSet<>())
                        .add(ofDay / 60);
            }
        }
        List<CronLine> lines = new ArrayList<>();
        byShift.forEach((shift, byMinute) -> byMinute.forEach((minute, hours) -> lines.add(new CronLine(
                minute + " " + joined(new ArrayList<>(hours)) + " * * "
                        + (fields[4].equals("*")
                                ? "*"
                                : joined(numbers(fields[4], 0, 6).stream()
                                        .map(day -> Math.floorMod(day + shift, 7))
                                        .sorted()
                                        .toList())),
                null))));
        return lines;
    }

    /** What a field that was found good stands for. */
    private static List<Integer> numbers(String field, int least, int most) {
        TreeSet<Integer> numbers = new TreeSet<>();
        for (String item : field.split(",")) {
            String[] stepped = item.split("/");
            String[] range = stepped[0].split("-");
            int low = stepped[0].equals("*") ? least : Integer.parseInt(range[0]);
            boolean single = range.length == 1 && !stepped[0].equals("*");
            int high = single ? stepped.length > 1 ? most : low : range.length > 1 ? Integer.parseInt(range[1]) : most;
            int step = stepped.length > 1 ? Integer.parseInt(stepped[1]) : 1;
            IntStream.iterate(low, n -> n <= high, n -> n + step).forEach(numbers::add);
        }
        return List.copyOf(numbers);
    }

    private static String joined(List<Integer> numbers) {
        return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
