package com.reliably.plan;

import com.reliably.run.RunState;

/**
 * Derives the status of a plan from what happens to it. Two tell: the runs of the plan, and the client that carries one
 * out ({@code PUT …/status}); a manual plan only has the client.
 *
 * <ul>
 *   <li>A run that is asked for makes a plan {@code creating}; a cron plan keeps what its last run left. That a server takes
 *       it up changes nothing.
 *   <li>A run that runs, or a client that says so, makes it {@code running}, and forgets the last error.
 *   <li>The client's verdict, {@code completed} or {@code error}, stands whatever then becomes of its process: a client
 *       that was told to terminate reports {@code completed} and leaves with a code that says otherwise.
 *   <li>Without one, a run that succeeded makes it {@code completed}; one that failed or was lost makes it {@code error},
 *       or {@code creation error} where it never came to run. The latter is for plans that run once: a cron plan was
 *       created long ago.
 *   <li>A cancelled run leaves {@code error}, because the experiment was not carried out, and somebody should see why.
 *   <li>A completed run of a cron plan is an {@code iteration completed}.
 *   <li>Why an engine cannot begin a run yet is shown as the plan's error, until it has begun.
 *   <li>A missed fire changes nothing: nothing was run.
 *   <li>Where runs may overlap, the end of one while another goes on leaves the plan as that other one has it.
 *   <li>A suspended plan stays suspended until it is resumed, whatever becomes of the run that was under way.
 *   <li>Where an engine keeps the schedule, what is asked of it is under way ({@code creating}, {@code suspending},
 *       {@code resuming}) until it has done it. Where it refuses, that is said ({@code creation error}, {@code suspend_error},
 *       {@code resuming_error}, else {@code error}) until it takes it. While it cannot be reached, or says that something is
 *       wrong, the status stays, and the reason is seen. A deleted plan is {@code deleting} until nothing of it is left there,
 *       or {@code deletion error}, which only those see who follow events.
 * </ul>
 */
final class PlanStatusRule {

    private static final String CANCELLED = "The run was cancelled.";

    private final boolean cron;

    /** The rule for a plan with or without a cron schedule. */
    PlanStatusRule(boolean cron) {
        this.cron = cron;
    }

    /**
     * After a run of the plan came into a new state.
     *
     * @param from  null for a new run
     * @param error why it failed, was lost or cancelled; else null
     */
    PlanCondition afterRun(PlanCondition now, RunState from, RunState to, String error) {
        if (now.status().isSuspension() || to == RunState.MISSED) {
            return now;
        }
        return switch (to) {
            case PENDING -> cron ? now : PlanCondition.of(PlanStatus.CREATING);
            case LAUNCHING -> now;
            case RUNNING -> isReported(now, from) ? now : PlanCondition.of(PlanStatus.RUNNING);
            case SUCCEEDED -> isReported(now, from) ? now : completed();
            case FAILED, LOST -> isReported(now, from) ? now : new PlanCondition(failure(from), error);
            case CANCELLED ->
                isReported(now, from) ? now : new PlanCondition(PlanStatus.ERROR, error == null ? CANCELLED : error);
            case MISSED -> now;
        };
    }

    /**
     * While the engine has a run of the plan but cannot begin it: the reason is seen, the status stays.
     *
     * @param why for people
     */
    PlanCondition whileWaiting(PlanCondition now, String why) {
        return now.status().isSuspension() ? now : new PlanCondition(now.status(), why);
    }

    /**
     * After a run of the plan ended while another one had not.
     *
     * @param other how far that one is; not a final state
     */
    PlanCondition afterRunBeside(PlanCondition now, RunState from, RunState to, String error, RunState other) {
        if (now.status().isSuspension()) {
            return now;
        }
        if (other == RunState.RUNNING) {
            return PlanCondition.of(PlanStatus.RUNNING);
        }
        return cron ? afterRun(now, from, to, error) : PlanCondition.of(PlanStatus.CREATING);
    }

    /** Whether this is something that a client may report. */
    static boolean isReport(PlanStatus status) {
        return status == PlanStatus.RUNNING || status.isVerdict();
    }

    /**
     * After the client said how the plan is doing.
     *
     * @param reported one that {@link #isReport}
     * @param error    what it says of an error; may be null
     */
    PlanCondition afterReport(PlanCondition now, PlanStatus reported, String error) {
        if (now.status().isSuspension()) {
            return now;
        }
        return switch (reported) {
            case RUNNING -> PlanCondition.of(PlanStatus.RUNNING);
            case COMPLETED, ITERATION_COMPLETED -> completed();
            case ERROR -> new PlanCondition(PlanStatus.ERROR, error);
            default -> throw new IllegalArgumentException("Not a client's to report: " + reported);
        };
    }

    /**
     * After a plan was updated.
     *
     * @param wasKept   whether an engine kept its schedule before
     * @param isKept    whether one is to keep it now
     * @param suspended whether it is suspended
     */
    static PlanCondition afterUpdate(PlanCondition now, boolean wasKept, boolean isKept, boolean suspended) {
        boolean underWay =
                switch (now.status()) {
                    case CREATING, CREATION_ERROR, SUSPENDING, SUSPEND_ERROR, RESUMING, RESUMING_ERROR -> true;
                    default -> false;
                };
        if (!isKept) {
            return wasKept && underWay ? PlanCondition.of(suspended ? PlanStatus.SUSPENDED : PlanStatus.CREATED) : now;
        }
        if (wasKept && !underWay || now.status() == PlanStatus.RUNNING) {
            return now;
        }
        return switch (now.status()) {
            case RESUMING, RESUMING_ERROR -> PlanCondition.of(PlanStatus.RESUMING);
            default -> PlanCondition.of(suspended ? PlanStatus.SUSPENDING : PlanStatus.CREATING);
        };
    }

    /**
     * After the engine had the schedule as it should be.
     *
     * @param suspended whether that means that it starts nothing, because the plan is suspended
     * @param forgotten what was told of the schedule before; null where nothing was
     */
    static PlanCondition afterScheduleApplied(PlanCondition now, boolean suspended, String forgotten) {
        boolean ofSchedule = forgotten != null && forgotten.equals(now.error());
        return switch (now.status()) {
            case CREATING, CREATION_ERROR, RESUMING, RESUMING_ERROR ->
                suspended ? now : PlanCondition.of(PlanStatus.CREATED);
            case SUSPENDING, SUSPEND_ERROR, SUSPENDED -> suspended ? PlanCondition.of(PlanStatus.SUSPENDED) : now;
            case ERROR -> ofSchedule ? PlanCondition.of(PlanStatus.CREATED) : now;
            default -> ofSchedule ? PlanCondition.of(now.status()) : now;
        };
    }

    /** After the engine refused the schedule. */
    static PlanCondition afterScheduleRefused(PlanCondition now, String why) {
        PlanStatus status =
                switch (now.status()) {
                    case CREATING, CREATION_ERROR -> PlanStatus.CREATION_ERROR;
                    case SUSPENDING, SUSPEND_ERROR -> PlanStatus.SUSPEND_ERROR;
                    case RESUMING, RESUMING_ERROR -> PlanStatus.RESUMING_ERROR;
                    case DELETING, DELETION_ERROR -> PlanStatus.DELETION_ERROR;
                    case RUNNING, SUSPENDED, DELETED -> now.status();
                    case CREATED, COMPLETED, ITERATION_COMPLETED, ERROR -> PlanStatus.ERROR;
                };
        return new PlanCondition(status, why);
    }

    /** While something is wrong with the schedule at its engine: the reason is seen, the status stays. */
    static PlanCondition whileScheduleTroubled(PlanCondition now, String what) {
        return new PlanCondition(now.status(), what);
    }

    /** After what was told of the schedule is over. */
    static PlanCondition afterScheduleSound(PlanCondition now, String forgotten) {
        return forgotten.equals(now.error()) && now.status() != PlanStatus.ERROR ? PlanCondition.of(now.status()) : now;
    }

    private PlanCondition completed() {
        return PlanCondition.of(cron ? PlanStatus.ITERATION_COMPLETED : PlanStatus.COMPLETED);
    }

    private PlanStatus failure(RunState from) {
        return from == RunState.RUNNING || cron ? PlanStatus.ERROR : PlanStatus.CREATION_ERROR;
    }

    /**
     * Whether the verdict that the plan shows is of this run's client: the run had changed it to {@code creating} or
     * {@code running} before. A cron plan keeps the one of the run before while it launches.
     */
    private boolean isReported(PlanCondition now, RunState from) {
        return now.status().isVerdict() && (from == RunState.RUNNING || from == RunState.LAUNCHING && !cron);
    }
}
