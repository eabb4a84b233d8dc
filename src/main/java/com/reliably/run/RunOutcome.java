package com.reliably.run;

import com.reliably.run.RunExecutions.Reported;
import com.reliably.runner.RunnerEvent;
import com.reliably.runner.RunnerEvent.Ended;
import java.util.List;

/**
 * What the end of a run means: the one place that decides it.
 *
 * @param state how the run ends
 * @param error why, for people; null where it is as it should be
 */
record RunOutcome(RunState state, String error) {

    /** The CLI's exit code for a deviated experiment; any other code but 0 is a failure. */
    private static final int DEVIATED = 1;

    private static final RunOutcome WITHOUT_LAST_REPORT = new RunOutcome(
            RunState.FAILED,
            "The client ended, but its last report did not come: the journal of an execution does not say how it ended. The"
                    + " execution shows what was reported until then; the log of the run may say why.");

    /** Whether what the client reported, and printed, has a say in it. */
    static boolean dependsOnClient(Ended ended) {
        return ended.how() == RunnerEvent.How.EXITED;
    }

    /** Whether what the client printed may be told of. */
    static boolean quotesOutput(Ended ended, List<Reported> reported) {
        return dependsOnClient(ended) && (!endedWell(ended) || reported.isEmpty());
    }

    /**
     * Judges the end of a run.
     *
     * @param ended     what the runner saw
     * @param reported  what the client reported
     * @param lastLines the end of the output, to be quoted
     */
    static RunOutcome of(Ended ended, List<Reported> reported, String lastLines) {
        return switch (ended.how()) {
            case UNPREPARED, UNREPORTED, OVER_LIMIT -> new RunOutcome(RunState.FAILED, ended.error());
            case CANCELLED -> new RunOutcome(RunState.CANCELLED, "The run was cancelled.");
            case TIMED_OUT ->
                new RunOutcome(
                        RunState.FAILED,
                        ended.error() != null
                                ? ended.error()
                                : "The run took longer than it may, and was stopped."
                                        + " The plan can allow more (policies.timeout_seconds).");
            case VANISHED -> new RunOutcome(RunState.LOST, ended.error());
            case NOTHING_TO_RUN -> new RunOutcome(RunState.SUCCEEDED, null);
            case EXITED -> ofExit(ended, reported, lastLines);
        };
    }

    /** Whether a run may have ended a moment before its client's last report comes. */
    static boolean lacksLastReport(Ended ended, List<Reported> reported) {
        return dependsOnClient(ended) && of(ended, reported, "").equals(WITHOUT_LAST_REPORT);
    }

    private static RunOutcome ofExit(Ended ended, List<Reported> reported, String lastLines) {
        RunOutcome outcome = ofReports(ended, reported, lastLines);
        return outcome.state() == RunState.SUCCEEDED && reported.stream().anyMatch(Reported::open)
                ? WITHOUT_LAST_REPORT
                : outcome;
    }

    private static RunOutcome ofReports(Ended ended, List<Reported> reported, String lastLines) {
        if (endedWell(ended)) {
            // Whatever ran instead of the Reliably CLI may end well, too, and the experiment has not been run.
            return reported.isEmpty()
                    ? new RunOutcome(RunState.FAILED, withoutReport(ended, lastLines))
                    : new RunOutcome(RunState.SUCCEEDED, null);
        }
        int code = ended.exitCode() == null ? -1 : ended.exitCode();
        // The CLI also exits with 1 when it is refused, so that the code alone does not tell.
        if (code == DEVIATED && reported.stream().anyMatch(r -> Boolean.TRUE.equals(r.deviated()))) {
            return new RunOutcome(RunState.SUCCEEDED, null);
        }
        if (reported.stream().anyMatch(RunOutcome::wasInterrupted)) {
            return new RunOutcome(
                    RunState.CANCELLED, "The experiment was interrupted; its execution says how far it came.");
        }
        if (reported.stream().anyMatch(r -> r.finished() && "failed".equals(r.status()))) {
            return new RunOutcome(RunState.FAILED, "The experiment failed; its execution says where.");
        }
        return new RunOutcome(
                RunState.FAILED,
                ended.error() != null
                        ? ended.error()
                        : "The Reliably CLI ended with exit code " + code
                                + (lastLines.isEmpty() ? "." : ": " + lastLines));
    }

    private static boolean endedWell(Ended ended) {
        return ended.exitCode() != null && ended.exitCode() == 0;
    }

    private static String withoutReport(Ended ended, String lastLines) {
        String why = ended.error() != null
                ? ended.error()
                : "The client ended with exit code 0, but no execution was reported: it did not run the plan, or could not"
                        + " reach this server.";
        return lastLines.isEmpty() ? why : why + " It printed at last: " + lastLines;
    }

    private static boolean wasInterrupted(Reported reported) {
        return reported.finished() && ("interrupted".equals(reported.status()) || "aborted".equals(reported.status()));
    }
}
