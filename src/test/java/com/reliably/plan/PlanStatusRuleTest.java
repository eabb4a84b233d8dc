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

    private static PlanStatusRule rule(String kind) {
        return new PlanStatusRule(kind.equals("cron"));
    }
}
