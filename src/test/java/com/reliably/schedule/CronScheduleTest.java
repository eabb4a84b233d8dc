package com.reliably.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.OnEveryJdk;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@OnEveryJdk
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
            0 0 * * 5-7          | Etc/UTC             | 2026-01-01T00:00Z      | 2026-01-02T00:00Z 2026-01-03T00:00Z 2026-01-04T00:00Z 2026-01-09T00:00Z
            0 0 * * SUN-TUE      | Etc/UTC             | 2026-01-01T00:00Z      | 2026-01-04T00:00Z 2026-01-05T00:00Z 2026-01-06T00:00Z 2026-01-11T00:00Z
            0 0 * * SUN-SUN      | Etc/UTC             | 2026-01-01T00:00Z      | 2026-01-04T00:00Z 2026-01-11T00:00Z
            0 0 * * */7          | Etc/UTC             | 2026-01-01T00:00Z      | 2026-01-04T00:00Z 2026-01-11T00:00Z
            0 0 * * 2/2          | Etc/UTC             | 2026-01-01T00:00Z      | 2026-01-03T00:00Z 2026-01-06T00:00Z 2026-01-08T00:00Z 2026-01-10T00:00Z
            0 0 * * 7/2          | Etc/UTC             | 2026-01-01T00:00Z      | 2026-01-03T00:00Z 2026-01-04T00:00Z 2026-01-06T00:00Z 2026-01-08T00:00Z
            0 0 */10 * MON       | Etc/UTC             | 2026-01-01T00:00Z      | 2026-01-05T00:00Z 2026-01-11T00:00Z 2026-01-12T00:00Z
            0 0 */1 * MON        | Etc/UTC             | 2026-01-01T00:00Z      | 2026-01-05T00:00Z 2026-01-12T00:00Z
            0 0 5,* * MON        | Etc/UTC             | 2026-01-01T00:00Z      | 2026-01-05T00:00Z 2026-01-12T00:00Z
            0 0 1-31 * MON       | Etc/UTC             | 2026-01-01T00:00Z      | 2026-01-02T00:00Z 2026-01-03T00:00Z
            059,0007 * * * *     | Etc/UTC             | 2026-01-01T00:00Z      | 2026-01-01T00:07Z 2026-01-01T00:59Z
            @hourly              | Etc/UTC             | 2026-01-01T00:30Z      | 2026-01-01T01:00Z 2026-01-01T02:00Z
            @daily               | Europe/Paris        | 2026-01-01T12:00+01:00 | 2026-01-02T00:00+01:00
            @midnight            | Etc/UTC             | 2026-01-01T12:00Z      | 2026-01-02T00:00Z
            @Weekly              | Etc/UTC             | 2026-01-01T12:00Z      | 2026-01-04T00:00Z
            @monthly             | Etc/UTC             | 2026-01-01T12:00Z      | 2026-02-01T00:00Z
            @yearly              | Etc/UTC             | 2026-01-01T12:00Z      | 2027-01-01T00:00Z
            @annually            | Etc/UTC             | 2026-01-01T12:00Z      | 2027-01-01T00:00Z
            0 0 * * *            | Asia/Kathmandu      | 2026-01-01T12:00Z      | 2026-01-02T00:00+05:45
            0 0 * * *            | EST                 | 2026-06-01T12:00Z      | 2026-06-02T00:00-05:00
            0 0 * * *            | ROC                 | 2026-06-01T12:00Z      | 2026-06-02T00:00+08:00
            0 0 * * *            | GMT-0               | 2026-06-01T12:00Z      | 2026-06-02T00:00Z
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

    /** Characters are counted from 1, in the pattern as it was given. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            "TZ=Europe/Paris 0 9 * * *"      | "as 'timezone' beside it"
            "CRON_TZ=UTC @daily"  | "as 'timezone' beside it"
            ""                   | "it is empty"
            "   "                | "it is empty"
            nope                 | "it has 1 field, not the five of minute, hour, day of the month, month and day of the week; the next is missing at character 5"
            "  * * * *"          | "it has 4 fields, not the five of minute, hour, day of the month, month and day of the week; the next is missing at character 10"
            * * *  * * 2027      | "it has 6 fields, not the five of minute, hour, day of the month, month and day of the week; there are no seconds and no years, and '2027' at character 12 is one too many"
            60 * * * *           | "in the minute (field 1 of 5, character 1), '60' is not a value of this field, which takes 0-59"
            "  60 * * * *"       | "in the minute (field 1 of 5, character 3), '60' is not"
            * 24 * * *           | "in the hour (field 2 of 5, character 3), '24' is not a value of this field, which takes 0-23"
            *   1,2,24 * * *     | "in the hour (field 2 of 5, character 9), '24' is not"
            * * 0 * *            | "in the day of the month (field 3 of 5, character 5), '0' is not a value of this field, which takes 1-31"
            * * 1,5-32 * *       | "in the day of the month (field 3 of 5, character 7), '32' in '5-32' is not"
            * * * 13 *           | "in the month (field 4 of 5, character 7), '13' is not a value of this field, which takes 1-12 or JAN-DEC"
            * * * JAN,FOO,FEB *  | "in the month (field 4 of 5, character 11), 'FOO' is not"
            * * * JAN-FOO/2 *    | "in the month (field 4 of 5, character 7), 'FOO' in 'JAN-FOO/2' is not"
            * * * * 8            | "in the day of the week (field 5 of 5, character 9), '8' is not a value of this field, which takes 0-7 or SUN-SAT"
            * * * * MONDAY       | "in the day of the week (field 5 of 5, character 9), 'MONDAY' is not"
            mon * * * *          | "in the minute (field 1 of 5, character 1), 'mon' is not"
            */0 * * * *          | "in the minute (field 1 of 5, character 1), the step of '*/0' is not possible: steps of this field go from 1 to 59"
            1,*/60 * * * *       | "in the minute (field 1 of 5, character 3), the step of '*/60' is not possible"
            0 0-9/24 * * *       | "in the hour (field 2 of 5, character 3), the step of '0-9/24' is not possible: steps of this field go from 1 to 23"
            0 22-6 * * *         | "in the hour (field 2 of 5, character 3), '22-6' goes past the end: a range goes from the smaller to the larger value; write 22-23,0-6"
            0 1,23-0 * * *       | "in the hour (field 2 of 5, character 5), '23-0' goes past the end: a range goes from the smaller to the larger value; write 23,0"
            0 22-6/2 * * *       | "in the hour (field 2 of 5, character 3), '22-6/2' goes past the end: a range goes from the smaller to the larger value"
            0 0 * NOV-FEB *      | "in the month (field 4 of 5, character 7), 'NOV-FEB' goes past the end: a range goes from the smaller to the larger value; write 11-12,1-2"
            0 0 * * FRI-MON      | "in the day of the week (field 5 of 5, character 9), 'FRI-MON' goes past the end: a range goes from the smaller to the larger value; write 5-6,0-1"
            0 0 * * 5-0          | "in the day of the week (field 5 of 5, character 9), '5-0' goes past the end"
            1,,2 * * * *         | "in the minute (field 1 of 5, character 3), there is a comma without a value in '1,,2'"
            * ,2 * * *           | "in the hour (field 2 of 5, character 3), there is a comma without a value in ',2'"
            * 2, * * *           | "in the hour (field 2 of 5, character 5), there is a comma without a value in '2,'"
            0,/5 * * * *         | "in the minute (field 1 of 5, character 3), '/5' is not '*', a value, a range"
            +5 * * * *           | "in the minute (field 1 of 5, character 1), '+5' is not '*', a value, a range"
            -1 * * * *           | "in the minute (field 1 of 5, character 1), '-1' is not '*', a value, a range"
            1.5 * * * *          | "in the minute (field 1 of 5, character 1), '1.5' is not '*', a value, a range"
            1-2-3 * * * *        | "in the minute (field 1 of 5, character 1), '1-2-3' is not '*', a value, a range"
            */5/5 * * * *        | "in the minute (field 1 of 5, character 1), '*/5/5' is not '*', a value, a range"
            *-5 * * * *          | "in the minute (field 1 of 5, character 1), '*-5' is not '*', a value, a range"
            ٣ * * * *            | "in the minute (field 1 of 5, character 1), '٣' is not '*', a value, a range"
            * * L * *            | "in the day of the month (field 3 of 5, character 5), 'L' is an extension"
            * * 1,15W * *        | "in the day of the month (field 3 of 5, character 7), '15W' is an extension"
            * * ? * *            | "in the day of the month (field 3 of 5, character 5), '?' is an extension"
            * * * * 1,5#2        | "in the day of the week (field 5 of 5, character 11), '5#2' is an extension"
            H * * * *            | "in the minute (field 1 of 5, character 1), 'H' is an extension"
            99999999999 * * * *  | "in the minute (field 1 of 5, character 1), '99999999999' is not"
            */99999999999 * * * * | "in the minute (field 1 of 5, character 1), the step of '*/99999999999' is not"
            @reboot              | "at character 1, '@reboot' is not one of @yearly"
            "  @every 5m"        | "at character 3, '@every' is not one of @yearly"
            @daily  5            | "at character 9, '5' is one too many: @daily stands alone"
            0 0 30 2 *           | "in the day of the month (field 3 of 5, character 5), '30' with '2' as the month never fires"
            0 0 30,31 FEB */1    | "in the day of the month (field 3 of 5, character 5), '30,31' with 'FEB' as the month never fires"
            0  0 31 4,6,9,11 *   | "in the day of the month (field 3 of 5, character 6), '31' with '4,6,9,11' as the month never fires"
            0 0 31/2 2,4 */2,*   | "in the day of the month (field 3 of 5, character 5), '31/2' with '2,4' as the month never fires"
            """)
    void aPatternThatMeansNothingIsRefusedSayingWhatAndWhere(String pattern, String expected) {
        InvalidSchedule e = assertThrows(InvalidSchedule.class, () -> CronSchedule.parse(pattern, "Etc/UTC"));
        assertEquals("pattern", e.member());
        assertEquals(pattern, e.input());
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

    private static void assertFires(String pattern, String zone, String after, String expected) throws InvalidSchedule {
        List<Instant> moments = new ArrayList<>();
        for (String moment : expected.split(" ")) {
            moments.add(OffsetDateTime.parse(moment).toInstant());
        }
        CronSchedule schedule = CronSchedule.parse(pattern, zone);
        List<Instant> fires = schedule.nextFires(OffsetDateTime.parse(after).toInstant(), moments.size());
        assertEquals(
                moments,
                fires,
                () -> "fires at "
                        + fires.stream()
                                .map(fire -> fire.atZone(schedule.zone())
                                        .toOffsetDateTime()
                                        .toString())
                                .collect(Collectors.joining(" ")));
    }
}
