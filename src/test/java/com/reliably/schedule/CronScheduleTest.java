package com.reliably.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronScheduleTest {

    /** Times are minutes as the zone's clocks show them, with their offset. */
    @ParameterizedTest(name = "{0} in {1} after {2}")
    @CsvSource(delimiter = '|', textBlock = """
            * * * * *            | Etc/UTC             | 2026-01-01T00:00Z      | 2026-01-01T00:01Z 2026-01-01T00:02Z
            */15 * * * *         | Etc/UTC             | 2026-01-01T00:50Z      | 2026-01-01T01:00Z 2026-01-01T01:15Z
            5/20 * * * *         | Etc/UTC             | 2026-01-01T00:50Z      | 2026-01-01T01:05Z 2026-01-01T01:25Z
            0,10,20 9-17 * * 1-5 | Etc/UTC             | 2026-01-02T17:20Z      | 2026-01-05T09:00Z 2026-01-05T09:10Z
            10-30/10 0 * * *     | Etc/UTC             | 2026-01-01T00:00Z      | 2026-01-01T00:10Z 2026-01-01T00:20Z 2026-01-01T00:30Z 2026-01-02T00:10Z
            0 0 * jan,MAR Mon    | Etc/UTC             | 2026-01-20T00:00Z      | 2026-01-26T00:00Z 2026-03-02T00:00Z
            0 0 * * 7            | Etc/UTC             | 2026-01-01T00:00Z      | 2026-01-04T00:00Z 2026-01-11T00:00Z
            0 0 * * 0            | Etc/UTC             | 2026-01-01T00:00Z      | 2026-01-04T00:00Z
            0 0 * * FRI-SUN      | Etc/UTC             | 2026-01-01T00:00Z      | 2026-01-02T00:00Z 2026-01-03T00:00Z 2026-01-04T00:00Z 2026-01-09T00:00Z
            0 0 13 * 5           | Etc/UTC             | 2026-01-09T00:00Z      | 2026-01-13T00:00Z 2026-01-16T00:00Z
            0 0 31 * *           | Etc/UTC             | 2026-01-31T00:00Z      | 2026-03-31T00:00Z 2026-05-31T00:00Z
            0 0 29 2 *           | Etc/UTC             | 2096-03-01T00:00Z      | 2104-02-29T00:00Z
            0 0 30 2 MON         | Etc/UTC             | 2026-02-01T00:00Z      | 2026-02-02T00:00Z 2026-02-09T00:00Z
            '  0   12 * * *  '   | Etc/UTC             | 2026-01-01T00:00Z      | 2026-01-01T12:00Z
            @hourly              | Etc/UTC             | 2026-01-01T00:30Z      | 2026-01-01T01:00Z 2026-01-01T02:00Z
            @daily               | Europe/Paris        | 2026-01-01T12:00+01:00 | 2026-01-02T00:00+01:00
            @midnight            | Etc/UTC             | 2026-01-01T12:00Z      | 2026-01-02T00:00Z
            @Weekly              | Etc/UTC             | 2026-01-01T12:00Z      | 2026-01-04T00:00Z
            @monthly             | Etc/UTC             | 2026-01-01T12:00Z      | 2026-02-01T00:00Z
            @yearly              | Etc/UTC             | 2026-01-01T12:00Z      | 2027-01-01T00:00Z
            @annually            | Etc/UTC             | 2026-01-01T12:00Z      | 2027-01-01T00:00Z
            0 0 * * *            | Asia/Kathmandu      | 2026-01-01T12:00Z      | 2026-01-02T00:00+05:45
            """)
    void firesWhenThePatternSays(String pattern, String zone, String after, String expected) throws InvalidSchedule {
        assertFires(pattern, zone, after, expected);
    }

    @ParameterizedTest(name = "{0} in {1} after {2}")
    @CsvSource(delimiter = '|', textBlock = """
            30 2 * * *   | Europe/Paris        | 2026-03-28T03:00+01:00 | 2026-03-29T03:00+02:00 2026-03-30T02:30+02:00
            */20 2 * * * | Europe/Paris        | 2026-03-28T03:00+01:00 | 2026-03-29T03:00+02:00 2026-03-30T02:00+02:00
            0 2,3 * * *  | Europe/Paris        | 2026-03-29T01:00+01:00 | 2026-03-29T03:00+02:00 2026-03-30T02:00+02:00
            0 * * * *    | Europe/Paris        | 2026-03-29T00:30+01:00 | 2026-03-29T01:00+01:00 2026-03-29T03:00+02:00 2026-03-29T04:00+02:00
            30 * * * *   | Europe/Paris        | 2026-03-29T01:00+01:00 | 2026-03-29T01:30+01:00 2026-03-29T03:00+02:00 2026-03-29T03:30+02:00
            30 2 * * *   | America/New_York    | 2026-03-07T03:00-05:00 | 2026-03-08T03:00-04:00 2026-03-09T02:30-04:00
            15 2 * * *   | Australia/Lord_Howe | 2026-10-03T03:00+10:30 | 2026-10-04T02:30+11:00 2026-10-05T02:15+11:00
            30 2 * * *   | Australia/Lord_Howe | 2026-10-03T03:00+10:30 | 2026-10-04T02:30+11:00 2026-10-05T02:30+11:00
            0 12 * * *   | Pacific/Apia        | 2011-12-29T13:00-10:00 | 2011-12-31T00:00+14:00 2011-12-31T12:00+14:00
            """)
    void aLocalTimeThatDoesNotExistFiresOnceAtTheShift(String pattern, String zone, String after, String expected)
            throws InvalidSchedule {
        assertFires(pattern, zone, after, expected);
    }

    @ParameterizedTest(name = "{0} in {1} after {2}")
    @CsvSource(delimiter = '|', textBlock = """
            30 2 * * *   | Europe/Paris        | 2026-10-24T03:00+02:00 | 2026-10-25T02:30+02:00 2026-10-26T02:30+01:00
            30 2 * * *   | Europe/Paris        | 2026-10-25T02:10+01:00 | 2026-10-26T02:30+01:00
            0 * * * *    | Europe/Paris        | 2026-10-25T00:30+02:00 | 2026-10-25T01:00+02:00 2026-10-25T02:00+02:00 2026-10-25T03:00+01:00
            */30 * * * * | Europe/Paris        | 2026-10-25T01:45+02:00 | 2026-10-25T02:00+02:00 2026-10-25T02:30+02:00 2026-10-25T03:00+01:00
            30 1 * * *   | America/New_York    | 2026-10-31T03:00-04:00 | 2026-11-01T01:30-04:00 2026-11-02T01:30-05:00
            45 1 * * *   | Australia/Lord_Howe | 2026-04-04T03:00+11:00 | 2026-04-05T01:45+11:00 2026-04-06T01:45+10:30
            */15 1 * * * | Australia/Lord_Howe | 2026-04-05T01:20+11:00 | 2026-04-05T01:30+11:00 2026-04-05T01:45+11:00 2026-04-06T01:00+10:30
            """)
    void aLocalTimeThatRepeatsFiresOnce(String pattern, String zone, String after, String expected)
            throws InvalidSchedule {
        assertFires(pattern, zone, after, expected);
    }

    /** What our type is there to correct; should the library ever do otherwise, this says so. */
    @Test
    void theLibraryAloneLosesAndDoublesFiresWhereClocksChange() {
        CronParser parser = new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));
        ZonedDateTime beforeSpring = LocalDateTime.parse("2026-03-28T03:00").atZone(ZoneId.of("Europe/Paris"));
        assertEquals(
                OffsetDateTime.parse("2026-03-30T02:30+02:00"),
                ExecutionTime.forCron(parser.parse("30 2 * * *"))
                        .nextExecution(beforeSpring)
                        .orElseThrow()
                        .toOffsetDateTime());
        ZonedDateTime inAutumn = LocalDateTime.parse("2026-10-25T02:00").atZone(ZoneId.of("Europe/Paris"));
        assertEquals(
                OffsetDateTime.parse("2026-10-25T02:00+01:00"),
                ExecutionTime.forCron(parser.parse("0 * * * *"))
                        .nextExecution(inAutumn)
                        .orElseThrow()
                        .toOffsetDateTime());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            ""                   | "it is empty"
            nope                 | "it has 1 field"
            * * * *              | "it has 4 fields"
            * * * * * *          | "it has 6 fields"
            60 * * * *           | "in the minute (field 1 of 5), '60'"
            * 24 * * *           | "in the hour (field 2 of 5), '24'"
            * * 0 * *            | "in the day of the month (field 3 of 5), '0'"
            * * * 13 *           | "in the month (field 4 of 5), '13'"
            * * * * 8            | "in the day of the week (field 5 of 5), '8'"
            * * * FOO *          | "in the month (field 4 of 5), 'FOO'"
            * * * * MONDAY       | "in the day of the week (field 5 of 5), 'MONDAY'"
            mon * * * *          | "in the minute (field 1 of 5), 'mon'"
            */0 * * * *          | "in the minute (field 1 of 5), '*/0'"
            5-1 * * * *          | "in the minute (field 1 of 5), '5-1'"
            1,,2 * * * *         | "in the minute (field 1 of 5), there is a comma without a value"
            /5 * * * *           | "in the minute (field 1 of 5), '/5' is not"
            +5 * * * *           | "in the minute (field 1 of 5), '+5' is not"
            -1 * * * *           | "in the minute (field 1 of 5), '-1' is not"
            1.5 * * * *          | "in the minute (field 1 of 5), '1.5' is not"
            * * L * *            | "in the day of the month (field 3 of 5), 'L' is an extension"
            * * ? * *            | "in the day of the month (field 3 of 5), '?' is an extension"
            * * * * 5#2          | "in the day of the week (field 5 of 5), '5#2' is an extension"
            99999999999 * * * *  | "in the minute (field 1 of 5), '99999999999'"
            @reboot              | "'@reboot' is not one of"
            0 0 30 2 *           | "it never fires"
            0 0 31 4,6,9,11 *    | "it never fires"
            """)
    void aPatternThatMeansNothingIsRefusedSayingWhatAndWhere(String pattern, String expected) {
        InvalidSchedule e = assertThrows(InvalidSchedule.class, () -> CronSchedule.parse(pattern, "Etc/UTC"));
        assertEquals("pattern", e.member());
        assertTrue(e.getMessage().contains(expected), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"Mars/X", "", "+02:00", "GMT+2", "europe/paris", "CEST"})
    void aTimeZoneThatIsNoneIsRefused(String timezone) {
        InvalidSchedule e = assertThrows(InvalidSchedule.class, () -> CronSchedule.parse("* * * * *", timezone));
        assertEquals("timezone", e.member());
    }

    @Test
    void aPatternIsNotReadWithoutALimit() {
        assertThrows(InvalidSchedule.class, () -> CronSchedule.parse("1,".repeat(100_000) + "1 * * * *", "Etc/UTC"));
    }

    /** Against a reading of the same patterns that is too simple to be wrong, minute by minute. */
    @Test
    void randomPatternsFireWhenAnotherReadingOfThemSays() throws InvalidSchedule {
        Random random = new Random(20261123);
        for (int round = 0; round < 100; round++) {
            String[] fields = {
                field(random, 0, 59),
                field(random, 0, 23),
                field(random, 1, 28),
                field(random, 1, 12),
                field(random, 0, 6)
            };
            String pattern = String.join(" ", fields);
            CronSchedule schedule = CronSchedule.parse(pattern, "Etc/UTC");
            Instant after = Instant.parse("2026-01-01T00:00:00Z").plusSeconds(60L * random.nextInt(1_000_000));
            assertEquals(plainly(fields, after), schedule.nextFire(after).orElseThrow(), pattern + " after " + after);
        }
    }

    private static String field(Random random, int least, int most) {
        int low = least + random.nextInt(most - least + 1);
        int high = low + random.nextInt(most - low + 1);
        return switch (random.nextInt(5)) {
            case 0, 1 -> "*";
            case 2 -> "*/" + (2 + random.nextInt(most - least - 1));
            case 3 -> low + "-" + high + "/" + (1 + random.nextInt(most - least));
            default -> low + "," + high;
        };
    }

    private static Instant plainly(String[] fields, Instant after) {
        BitSet minutes = values(fields[0], 0, 59);
        BitSet hours = values(fields[1], 0, 23);
        BitSet days = values(fields[2], 1, 31);
        BitSet months = values(fields[3], 1, 12);
        BitSet weekdays = values(fields[4], 0, 6);
        OffsetDateTime time = after.atOffset(java.time.ZoneOffset.UTC).plusMinutes(1);
        while (true) {
            boolean day = days.get(time.getDayOfMonth());
            boolean weekday = weekdays.get(time.getDayOfWeek().getValue() % 7);
            boolean either = fields[2].equals("*") || fields[4].equals("*") ? day && weekday : day || weekday;
            if (months.get(time.getMonthValue())
                    && either
                    && hours.get(time.getHour())
                    && minutes.get(time.getMinute())) {
                return time.toInstant();
            }
            time = time.plusMinutes(1);
        }
    }

    private static BitSet values(String field, int least, int most) {
        BitSet values = new BitSet();
        for (String item : field.split(",")) {
            String[] step = item.split("/");
            String[] range = step[0].equals("*") ? new String[] {"" + least, "" + most} : step[0].split("-");
            int high = Integer.parseInt(range[range.length - 1]);
            for (int v = Integer.parseInt(range[0]); v <= high; v += step.length > 1 ? Integer.parseInt(step[1]) : 1) {
                values.set(v);
            }
        }
        return values;
    }

    private static void assertFires(String pattern, String zone, String after, String expected) throws InvalidSchedule {
        List<Instant> moments = new ArrayList<>();
        for (String moment : expected.split(" ")) {
            moments.add(OffsetDateTime.parse(moment).toInstant());
        }
        List<Instant> fires = CronSchedule.parse(pattern, zone)
                .nextFires(OffsetDateTime.parse(after).toInstant(), moments.size());
        ZoneId clocks = ZoneId.of(zone);
        assertEquals(
                moments,
                fires,
                () -> "fires at "
                        + fires.stream()
                                .map(fire ->
                                        fire.atZone(clocks).toOffsetDateTime().toString())
                                .collect(Collectors.joining(" ")));
    }
}
