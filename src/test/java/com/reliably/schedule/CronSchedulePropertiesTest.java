package com.reliably.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.OnEveryJdk;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.GenerationMode;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;

/** {@link CronSchedule} against {@link CronOracle}; where they differ, jqwik prints the seed and the smallest case. */
@OnEveryJdk
class CronSchedulePropertiesTest {

    private static final Instant FROM = Instant.parse("2020-01-01T00:00:00Z");
    private static final Instant TO = Instant.parse("2036-01-01T00:00:00Z");
    private static final Duration AROUND = Duration.ofHours(30);
    private static final int COMPARED = 6;

    /** Clocks of a zone are put forward or back. */
    record Shift(String zone, Instant time) {}

    @Property(tries = 2000, edgeCases = EdgeCasesMode.NONE)
    void aScheduleFiresWhenAWatchedClockHasShownItsMinutes(
            @ForAll("patterns") String pattern, @ForAll @IntRange(max = 8_000_000) int minutesIn)
            throws InvalidSchedule {
        Instant after = FROM.plus(minutesIn, ChronoUnit.MINUTES);
        CronOracle.Clock clock = CronOracle.Clock.watched(ZoneOffset.UTC, after, after.plus(Duration.ofDays(3)));
        assertFires(pattern, "Etc/UTC", clock, after);
    }

    @Property(tries = 2000, edgeCases = EdgeCasesMode.NONE)
    void whereClocksAreChangedItFiresOnceForEachOfItsMinutes(
            @ForAll("patternsAtNight") String pattern,
            @ForAll("shifts") Shift shift,
            @ForAll @IntRange(min = -1500, max = 1500) int minutesAway)
            throws InvalidSchedule {
        assertFires(pattern, shift.zone(), around(shift), shift.time().plus(minutesAway, ChronoUnit.MINUTES));
    }

    @Property(generation = GenerationMode.EXHAUSTIVE, shrinking = ShrinkingMode.OFF)
    void soItDoesAtEveryShiftOfEveryZoneFrom2020To2035(@ForAll("zones") String zone) throws InvalidSchedule {
        Random random = new Random(zone.hashCode());
        for (Shift shift : shiftsOf(zone)) {
            CronOracle.Clock clock = around(shift);
            for (String pattern : patternsAt(shift, random)) {
                Instant after = shift.time().plusSeconds(random.nextInt(100_000) - 90_000);
                assertFires(pattern, zone, clock, after);
            }
        }
    }

    private static void assertFires(String pattern, String zone, CronOracle.Clock clock, Instant after)
            throws InvalidSchedule {
        List<Instant> expected = new CronOracle(pattern).fires(clock, after);
        CronSchedule schedule = CronSchedule.parse(pattern, zone);
        if (expected.size() > COMPARED) {
            List<Instant> first = expected.subList(0, COMPARED);
            assertEquals(first, schedule.nextFires(after, COMPARED), () -> where(pattern, zone, after));
        } else {
            List<Instant> fires = schedule.nextFires(after, expected.size() + 1);
            assertEquals(expected, fires.subList(0, expected.size()), () -> where(pattern, zone, after));
            Instant end = clock.minutes().get(clock.minutes().size() - 1).time();
            assertTrue(
                    fires.size() == expected.size()
                            || fires.get(expected.size()).isAfter(end),
                    () -> where(pattern, zone, after));
        }
    }

    private static String where(String pattern, String zone, Instant after) {
        return "'" + pattern + "' in " + zone + " after " + after;
    }

    private static CronOracle.Clock around(Shift shift) {
        return CronOracle.Clock.watched(
                ZoneId.of(shift.zone()),
                shift.time().minus(AROUND),
                shift.time().plus(AROUND));
    }

    /** Such that what does not exist, or repeats, or is just beside it, is asked for. */
    private static List<String> patternsAt(Shift shift, Random random) {
        LocalDateTime before = LocalDateTime.ofInstant(shift.time().minusSeconds(60), ZoneId.of(shift.zone()));
        LocalDateTime after = LocalDateTime.ofInstant(shift.time(), ZoneId.of(shift.zone()));
        int hours = (int) Math.abs(Duration.between(before, after).toHours()) + 3;
        LocalDateTime first = before.isBefore(after) ? before : after;
        int hour = first.plusHours(random.nextInt(hours)).getHour();
        int minute = random.nextInt(60);
        return List.of(
                minute + " " + hour + " * * *",
                minute + "/" + (1 + random.nextInt(30)) + " " + hour + "," + before.getHour() + " * * *",
                "*/" + (1 + random.nextInt(59)) + " * * * *",
                minute + " */" + (1 + random.nextInt(5)) + " " + after.getDayOfMonth() + " * " + random.nextInt(8));
    }

    @Provide
    Arbitrary<String> zones() {
        return Arbitraries.of(ZoneId.getAvailableZoneIds().stream()
                .filter(zone -> !shiftsOf(zone).isEmpty())
                .sorted()
                .toList());
    }

    @Provide
    Arbitrary<Shift> shifts() {
        return zones().flatMap(zone -> Arbitraries.of(shiftsOf(zone)));
    }

    @Provide
    Arbitrary<String> patterns() {
        return CronPatterns.any();
    }

    @Provide
    Arbitrary<String> patternsAtNight() {
        return CronPatterns.atNight();
    }

    private static List<Shift> shiftsOf(String zone) {
        ZoneRules rules = ZoneId.of(zone).getRules();
        List<Shift> shifts = new ArrayList<>();
        ZoneOffsetTransition next = rules.nextTransition(FROM.minusNanos(1));
        while (next != null && next.getInstant().isBefore(TO)) {
            shifts.add(new Shift(zone, next.getInstant()));
            next = rules.nextTransition(next.getInstant());
        }
        return shifts;
    }
}
