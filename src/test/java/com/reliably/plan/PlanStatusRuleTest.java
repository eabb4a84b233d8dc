package com.reliably.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.reliably.run.RunState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PlanStatusRuleTest {

    @ParameterizedTest(name = "{0} plan, {1}, run from {2} to {3}: {4}")
    @CsvSource(nullValues = "-", textBlock = """
            now,  CREATED,             -,         PENDING,   CREATING
            now,  COMPLETED,           -,         PENDING,   CREATING
            now,  CREATING,            PENDING,   LAUNCHING, CREATING
            now,  RUNNING,             PENDING,   LAUNCHING, RUNNING
            now,  CREATING,            LAUNCHING, RUNNING,   RUNNING
            now,  RUNNING,             RUNNING,   SUCCEEDED, COMPLETED
            now,  CREATING,            LAUNCHING, SUCCEEDED, COMPLETED
            now,  CREATING,            PENDING,   FAILED,    CREATION_ERROR
            now,  CREATING,            LAUNCHING, FAILED,    CREATION_ERROR
            now,  CREATING,            LAUNCHING, LOST,      CREATION_ERROR
            now,  RUNNING,             RUNNING,   FAILED,    ERROR
            now,  RUNNING,             RUNNING,   LOST,      ERROR
            now,  CREATING,            PENDING,   CANCELLED, ERROR
            now,  RUNNING,             RUNNING,   CANCELLED, ERROR
            cron, CREATED,             -,         PENDING,   CREATED
            cron, ITERATION_COMPLETED, PENDING,   LAUNCHING, ITERATION_COMPLETED
            cron, ITERATION_COMPLETED, LAUNCHING, RUNNING,   RUNNING
            cron, RUNNING,             RUNNING,   SUCCEEDED, ITERATION_COMPLETED
            cron, ITERATION_COMPLETED, LAUNCHING, FAILED,    ERROR
            cron, RUNNING,             RUNNING,   FAILED,    ERROR
            cron, ITERATION_COMPLETED, -,         MISSED,    ITERATION_COMPLETED
            """)
    void theStatusFollowsTheRun(String kind, PlanStatus now, RunState from, RunState to, PlanStatus expected) {
        assertEquals(
                expected,
                rule(kind).afterRun(PlanCondition.of(now), from, to, null).status());
    }

    @ParameterizedTest(name = "{0} plan, {1}, run from {2} to {3}")
    @CsvSource(textBlock = """
            now,  COMPLETED,           RUNNING,   FAILED
            now,  COMPLETED,           RUNNING,   LOST
            now,  COMPLETED,           RUNNING,   CANCELLED
            now,  ERROR,               RUNNING,   FAILED
            now,  COMPLETED,           LAUNCHING, RUNNING
            now,  COMPLETED,           LAUNCHING, FAILED
            cron, ITERATION_COMPLETED, RUNNING,   FAILED
            """)
    void theVerdictOfTheClientStands(String kind, PlanStatus verdict, RunState from, RunState to) {
        PlanCondition reported = new PlanCondition(verdict, "as the client said");
        assertEquals(reported, rule(kind).afterRun(reported, from, to, "as the run said"));
    }

    @ParameterizedTest(name = "{0} plan, {1}, run to {2} while another is {3}: {4}")
    @CsvSource(textBlock = """
            now,  COMPLETED, CANCELLED, PENDING,   CREATING
            now,  RUNNING,   SUCCEEDED, LAUNCHING, CREATING
            now,  RUNNING,   FAILED,    RUNNING,   RUNNING
            cron, RUNNING,   SUCCEEDED, RUNNING,   RUNNING
            cron, RUNNING,   SUCCEEDED, PENDING,   ITERATION_COMPLETED
            cron, RUNNING,   CANCELLED, PENDING,   ERROR
            cron, SUSPENDED, CANCELLED, RUNNING,   SUSPENDED
            """)
    void theEndOfARunIsNotThatOfAnother(String kind, PlanStatus now, RunState to, RunState other, PlanStatus expected) {
        assertEquals(
                expected,
                rule(kind)
                        .afterRunBeside(PlanCondition.of(now), RunState.RUNNING, to, null, other)
                        .status());
    }

    @Test
    void aNewRunForgetsTheLastError() {
        PlanCondition broken = new PlanCondition(PlanStatus.ERROR, "broken");
        assertEquals(PlanCondition.of(PlanStatus.CREATING), rule("now").afterRun(broken, null, RunState.PENDING, null));
        assertEquals(
                PlanCondition.of(PlanStatus.RUNNING),
                rule("cron").afterRun(broken, RunState.LAUNCHING, RunState.RUNNING, null));
    }

    @Test
    void whyARunFailedIsTold() {
        PlanCondition running = PlanCondition.of(PlanStatus.RUNNING);
        assertEquals(
                "exit code 3",
                rule("now")
                        .afterRun(running, RunState.RUNNING, RunState.FAILED, "exit code 3")
                        .error());
        assertEquals(
                "The run was cancelled.",
                rule("now")
                        .afterRun(running, RunState.RUNNING, RunState.CANCELLED, null)
                        .error());
    }

    @ParameterizedTest
    @EnumSource(RunState.class)
    void aSuspendedPlanStaysSuspended(RunState to) {
        PlanCondition suspended = PlanCondition.of(PlanStatus.SUSPENDED);
        assertEquals(suspended, rule("cron").afterRun(suspended, RunState.RUNNING, to, "whatever"));
        assertEquals(suspended, rule("cron").afterReport(suspended, PlanStatus.COMPLETED, null));
    }

    @ParameterizedTest(name = "{0} plan, {1} is reported: {2}")
    @CsvSource(textBlock = """
            now,  RUNNING,             RUNNING
            now,  COMPLETED,           COMPLETED
            now,  ITERATION_COMPLETED, COMPLETED
            now,  ERROR,               ERROR
            cron, COMPLETED,           ITERATION_COMPLETED
            cron, ERROR,               ERROR
            """)
    void theStatusFollowsTheClient(String kind, PlanStatus reported, PlanStatus expected) {
        PlanCondition after = rule(kind).afterReport(PlanCondition.of(PlanStatus.CREATED), reported, "why");
        assertEquals(expected, after.status());
        assertEquals(expected == PlanStatus.ERROR ? "why" : null, after.error());
    }

    @ParameterizedTest(name = "{0}: {1} when the engine has it, {2} when that is suspended, {3} when it refuses")
    @CsvSource(textBlock = """
            CREATING,            CREATED,             CREATING,            CREATION_ERROR
            CREATION_ERROR,      CREATED,             CREATION_ERROR,      CREATION_ERROR
            RESUMING,            CREATED,             RESUMING,            RESUMING_ERROR
            RESUMING_ERROR,      CREATED,             RESUMING_ERROR,      RESUMING_ERROR
            SUSPENDING,          SUSPENDING,          SUSPENDED,           SUSPEND_ERROR
            SUSPEND_ERROR,       SUSPEND_ERROR,       SUSPENDED,           SUSPEND_ERROR
            SUSPENDED,           SUSPENDED,           SUSPENDED,           SUSPENDED
            CREATED,             CREATED,             CREATED,             ERROR
            ITERATION_COMPLETED, ITERATION_COMPLETED, ITERATION_COMPLETED, ERROR
            ERROR,               ERROR,               ERROR,               ERROR
            RUNNING,             RUNNING,             RUNNING,             RUNNING
            DELETING,            DELETING,            DELETING,            DELETION_ERROR
            """)
    void theStatusFollowsTheEngine(PlanStatus now, PlanStatus applied, PlanStatus suspended, PlanStatus refused) {
        PlanCondition before = PlanCondition.of(now);
        assertEquals(
                applied,
                PlanStatusRule.afterScheduleApplied(before, false, null).status());
        assertEquals(
                suspended,
                PlanStatusRule.afterScheduleApplied(before, true, null).status());
        assertEquals(new PlanCondition(refused, "why"), PlanStatusRule.afterScheduleRefused(before, "why"));
        assertEquals(new PlanCondition(now, "why"), PlanStatusRule.whileScheduleTroubled(before, "why"));
    }

    @Test
    void onlyWhatWasSaidOfTheScheduleIsForgottenWithIt() {
        PlanCondition ofSchedule = new PlanCondition(PlanStatus.ERROR, "no room");
        assertEquals(
                PlanCondition.of(PlanStatus.CREATED),
                PlanStatusRule.afterScheduleApplied(ofSchedule, false, "no room"));
        PlanCondition ofRun = new PlanCondition(PlanStatus.ERROR, "exit code 3");
        assertEquals(ofRun, PlanStatusRule.afterScheduleApplied(ofRun, false, "no room"));
        PlanCondition troubled = new PlanCondition(PlanStatus.ITERATION_COMPLETED, "changed by somebody");
        assertEquals(
                PlanCondition.of(PlanStatus.ITERATION_COMPLETED),
                PlanStatusRule.afterScheduleSound(troubled, "changed by somebody"));
        assertEquals(ofRun, PlanStatusRule.afterScheduleSound(ofRun, "changed by somebody"));
    }

    @ParameterizedTest(name = "{0}, kept by an engine before: {1}, now: {2}, suspended: {3}: {4}")
    @CsvSource(textBlock = """
            CREATED,             true,  true,  false, CREATED
            ITERATION_COMPLETED, true,  true,  false, ITERATION_COMPLETED
            CREATION_ERROR,      true,  true,  false, CREATING
            SUSPEND_ERROR,       true,  true,  true,  SUSPENDING
            RESUMING_ERROR,      true,  true,  false, RESUMING
            ITERATION_COMPLETED, false, true,  false, CREATING
            SUSPENDED,           false, true,  true,  SUSPENDING
            RUNNING,             false, true,  false, RUNNING
            CREATING,            true,  false, false, CREATED
            SUSPENDING,          true,  false, true,  SUSPENDED
            ERROR,               true,  false, false, ERROR
            CREATING,            false, false, false, CREATING
            """)
    void anUpdateAsksTheEngine(
            PlanStatus now, boolean wasKept, boolean isKept, boolean suspended, PlanStatus expected) {
        assertEquals(
                expected,
                PlanStatusRule.afterUpdate(PlanCondition.of(now), wasKept, isKept, suspended)
                        .status());
    }

    @ParameterizedTest
    @CsvSource({"SUSPENDING", "SUSPEND_ERROR"})
    void aPlanThatIsToBeSuspendedSaysSoWhateverItsRunDoes(PlanStatus status) {
        PlanCondition now = PlanCondition.of(status);
        assertEquals(now, rule("cron").afterRun(now, RunState.RUNNING, RunState.SUCCEEDED, null));
        assertEquals(now, rule("cron").afterReport(now, PlanStatus.COMPLETED, null));
    }

    private static PlanStatusRule rule(String kind) {
        return new PlanStatusRule(kind.equals("cron"));
    }
}
