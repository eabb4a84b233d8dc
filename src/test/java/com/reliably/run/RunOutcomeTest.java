package com.reliably.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.run.RunExecutions.Reported;
import com.reliably.runner.RunnerEvent.Ended;
import com.reliably.runner.RunnerEvent.How;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RunOutcomeTest {

    private static final List<Reported> NOTHING = List.of();

    @Test
    void aCompletedExperimentIsASuccess() {
        assertEquals(RunState.SUCCEEDED, exit(0, reported("completed", false)).state());
    }

    @Test
    void aRunWhoseLastReportsAreMissingFailed() {
        Ended ended = new Ended(How.UNREPORTED, 0, "2 reports are missing");
        assertEquals(
                new RunOutcome(RunState.FAILED, "2 reports are missing"),
                RunOutcome.of(ended, reported("completed", false), ""));
    }

    @Test
    void aClientThatEndsWellAndReportsNothingDidNotRunThePlan() {
        for (Ended ended : List.of(
                new Ended(How.EXITED, 0, null),
                Ended.well("It has to be the CLI", "http://here:8080", "RELIABLY_SOME_CALLBACK_URL"))) {
            RunOutcome outcome = RunOutcome.of(ended, NOTHING, "hello");
            assertEquals(RunState.FAILED, outcome.state());
            assertTrue(outcome.error().contains("no execution was reported"), outcome.error());
            assertTrue(outcome.error().endsWith("hello"), outcome.error());
        }
    }

    @Test
    void whatIsToBeDoneAboutAMissingReportIsNotToldWhereThereIsOne() {
        Ended ended = Ended.well("It has to be the CLI", "http://here:8080", "RELIABLY_SOME_CALLBACK_URL");
        assertEquals(
                new RunOutcome(RunState.SUCCEEDED, null), RunOutcome.of(ended, reported("completed", false), "hello"));
        assertFalse(RunOutcome.quotesOutput(ended, reported("completed", false)));
        assertTrue(RunOutcome.quotesOutput(ended, NOTHING));
    }

    @Test
    void whereThereIsNothingToRunNothingIsReported() {
        Ended ended = new Ended(How.NOTHING_TO_RUN, 0, null);
        assertEquals(new RunOutcome(RunState.SUCCEEDED, null), RunOutcome.of(ended, NOTHING, ""));
        assertFalse(RunOutcome.dependsOnClient(ended));
    }

    @Test
    void whatTookTooLongNamesTheSettingOfItsOwnRunner() {
        String error = RunOutcome.of(Ended.tookTooLong(2, "RELIABLY_SOME_TIMEOUT"), NOTHING, "")
                .error();
        assertTrue(error.contains("policies.timeout_seconds") && error.contains("RELIABLY_SOME_TIMEOUT"), error);
        String unnamed =
                RunOutcome.of(new Ended(How.TIMED_OUT, null, null), NOTHING, "").error();
        assertTrue(unnamed.contains("policies.timeout_seconds") && !unnamed.contains("RELIABLY_"), unnamed);
    }

    @Test
    void aDeviatedExperimentWasCarriedOutToo() {
        assertEquals(RunState.SUCCEEDED, exit(1, reported("completed", true)).state());
    }

    @Test
    void aCliThatIsRefusedIsNotADeviation() {
        RunOutcome outcome = exit(1, NOTHING);
        assertEquals(RunState.FAILED, outcome.state());
        assertTrue(outcome.error().contains("plan not found"), outcome.error());
    }

    @Test
    void anInterruptedExperimentIsCancelled() {
        assertEquals(RunState.CANCELLED, exit(2, reported("interrupted", false)).state());
    }

    @Test
    void aFailedExperimentIsAFailure() {
        assertEquals(RunState.FAILED, exit(2, reported("failed", false)).state());
    }

    @Test
    void whoseJournalDoesNotSayHowItEndedHasNotReportedItsEnd() {
        for (boolean deviated : List.of(false, true)) {
            List<Reported> open = List.of(new Reported(UUID.randomUUID(), "completed", deviated, true, true));
            Ended ended = new Ended(How.EXITED, deviated ? 1 : 0, null);
            RunOutcome outcome = RunOutcome.of(ended, open, "");
            assertEquals(RunState.FAILED, outcome.state());
            assertTrue(outcome.error().contains("last report did not come"), outcome.error());
            assertTrue(RunOutcome.lacksLastReport(ended, open));
        }
    }

    @Test
    void theLastReportIsWaitedForOnlyWhereItDecides() {
        List<Reported> open = List.of(new Reported(UUID.randomUUID(), null, null, false, true));
        for (Ended ended : List.of(
                new Ended(How.EXITED, 2, null),
                new Ended(How.CANCELLED, null, null),
                new Ended(How.NOTHING_TO_RUN, 0, null),
                Ended.tookTooLong(null, "RELIABLY_SOME_TIMEOUT"))) {
            assertFalse(RunOutcome.lacksLastReport(ended, open));
        }
        assertFalse(RunOutcome.lacksLastReport(new Ended(How.EXITED, 0, null), reported("completed", false)));
        assertFalse(RunOutcome.lacksLastReport(new Ended(How.EXITED, 0, null), NOTHING));
    }

    @Test
    void whatVanishedIsLostAndSaysWhy() {
        RunOutcome outcome = RunOutcome.of(new Ended(How.VANISHED, null, "killed"), NOTHING, "");
        assertEquals(RunState.LOST, outcome.state());
        assertEquals("killed", outcome.error());
    }

    private static RunOutcome exit(int code, List<Reported> reported) {
        return RunOutcome.of(new Ended(How.EXITED, code, null), reported, "plan not found");
    }

    private static List<Reported> reported(String status, boolean deviated) {
        return List.of(new Reported(UUID.randomUUID(), status, deviated, true));
    }
}
