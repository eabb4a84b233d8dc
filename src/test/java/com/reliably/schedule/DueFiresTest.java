package com.reliably.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DueFiresTest {

    static final Duration WINDOW = Duration.ofMinutes(10);

    @Test
    void aFireThatIsDueIsRun() throws InvalidSchedule {
        DueFires fires = due("*/5 * * * *", "12:00:00", "12:00:00.5");
        assertEquals(List.of(at("12:00:00")), fires.toRun());
        assertEquals(List.of(), fires.tooLate());
        assertEquals(List.of(), fires.superseded());
        assertEquals(Optional.of(at("12:05:00")), fires.next());
    }

    @Test
    void ofSeveralInTheWindowOnlyTheLatestIsRun() throws InvalidSchedule {
        DueFires fires = due("*/5 * * * *", "12:00:00", "12:09:59");
        assertEquals(List.of(at("12:05:00")), fires.toRun());
        assertEquals(List.of(at("12:00:00")), fires.superseded());
        assertEquals(Optional.of(at("12:10:00")), fires.next());
    }

    @Test
    void whatIsOlderThanTheWindowIsMissed() throws InvalidSchedule {
        DueFires fires = due("*/5 * * * *", "11:00:00", "11:17:00");
        assertEquals(List.of(at("11:00:00"), at("11:05:00")), fires.tooLate());
        assertEquals(List.of(at("11:10:00")), fires.superseded());
        assertEquals(List.of(at("11:15:00")), fires.toRun());
        assertFalse(fires.cutOff());
    }

    @Test
    void aFireAsOldAsTheWindowIsStillRun() throws InvalidSchedule {
        assertEquals(
                List.of(at("12:00:00")),
                due("0 12 * * *", "12:00:00", "12:10:00").toRun());
        assertEquals(List.of(), due("0 12 * * *", "12:00:00", "12:10:01").toRun());
    }

    @Test
    void aYearOfMissedMinutesIsNotListedOneByOne() throws InvalidSchedule {
        Instant now = at("12:00:30");
        Instant yearAgo = at("12:00:00").minus(Duration.ofDays(365));
        DueFires fires = DueFires.of(CronSchedule.parse("* * * * *", "Etc/UTC"), yearAgo, now, CatchUp.LATEST, WINDOW);
        assertTrue(fires.cutOff());
        assertEquals(DueFires.MOST_RECORDED, fires.tooLate().size());
        assertEquals(yearAgo, fires.tooLate().get(0));
        assertEquals(List.of(at("12:00:00")), fires.toRun());
        assertEquals(9, fires.superseded().size());
        assertEquals(Optional.of(at("12:01:00")), fires.next());
    }

    @Test
    void aWeekIsCaughtUpWithPieceByPiece() throws InvalidSchedule {
        CronSchedule minutely = CronSchedule.parse("* * * * *", "Etc/UTC");
        Instant now = at("12:00:30");
        Instant first = at("12:00:00").minus(Duration.ofDays(7));
        int caughtUp = 0;
        for (Instant next = first; !next.isAfter(now); ) {
            DueFires fires = DueFires.of(minutely, next, now, CatchUp.ALL, Duration.ofDays(8));
            assertEquals(next, fires.toRun().get(0));
            assertTrue(fires.toRun().size() <= DueFires.MOST_TO_RUN);
            caughtUp += fires.toRun().size();
            next = fires.next().orElseThrow();
        }
        assertEquals(7 * 24 * 60 + 1, caughtUp);
    }

    @Test
    void aPlanThatCatchesUpWithAllRunsEveryOneInTheWindow() throws InvalidSchedule {
        DueFires fires = DueFires.of(
                CronSchedule.parse("*/5 * * * *", "Etc/UTC"), at("11:00:00"), at("11:17:00"), CatchUp.ALL, WINDOW);
        assertEquals(List.of(at("11:00:00"), at("11:05:00")), fires.tooLate());
        assertEquals(List.of(at("11:10:00"), at("11:15:00")), fires.toRun());
        assertEquals(List.of(), fires.superseded());
    }

    @Test
    void aPlanThatCatchesUpWithNoneRunsOnlyWhatIsInTime() throws InvalidSchedule {
        CronSchedule schedule = CronSchedule.parse("*/5 * * * *", "Etc/UTC");
        DueFires inTime = DueFires.of(schedule, at("11:00:00"), at("11:01:00"), CatchUp.NONE, WINDOW);
        assertEquals(List.of(at("11:00:00")), inTime.toRun());
        DueFires late = DueFires.of(schedule, at("11:00:00"), at("11:01:01"), CatchUp.NONE, WINDOW);
        assertEquals(List.of(), late.toRun());
        assertEquals(List.of(at("11:00:00")), late.tooLate());
        assertEquals(Optional.of(at("11:05:00")), late.next());
    }

    @Test
    void whatNobodyWasToKeepIsMissedToTheLast() throws InvalidSchedule {
        CronSchedule schedule = CronSchedule.parse("*/5 * * * *", "Etc/UTC");
        DueFires fires = DueFires.noneOf(schedule, at("11:00:00"), at("11:10:00"));
        assertEquals(List.of(at("11:00:00"), at("11:05:00"), at("11:10:00")), fires.tooLate());
        assertEquals(List.of(), fires.toRun());
        assertEquals(Optional.of(at("11:15:00")), fires.next());
    }

    private static DueFires due(String pattern, String firstDue, String now) throws InvalidSchedule {
        return DueFires.of(CronSchedule.parse(pattern, "Etc/UTC"), at(firstDue), at(now), CatchUp.LATEST, WINDOW);
    }

    private static Instant at(String time) {
        return Instant.parse("2026-06-01T" + time + "Z");
    }
}
