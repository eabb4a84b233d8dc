package com.reliably.runner;

import com.reliably.deployment.DeploymentDefinition;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.Set;

/**
 * An engine that keeps cron schedules by itself, and starts the runs of a plan without being told each time. A runner
 * implements it beside {@link Runner}; what its engine has started is followed with {@link Runner#observe} like any other
 * run.
 *
 * <p>Nothing is kept in memory that a schedule needs: every method may be called by another server, or after a restart,
 * and again.
 */
public interface EngineSchedules {

    /** The types of deployments whose cron plans are kept by their engine. */
    Set<String> types();

    /**
     * Where a deployment has its schedules, by what is not secret of it: a namespace, a repository and its branch. When it
     * says another place than a schedule was installed at, the schedule is removed there before it is installed again.
     */
    default String place(DeploymentDefinition definition) {
        return "";
    }

    /**
     * Whether runs that the server starts leave something of their plan at the engine, for its next run. When such a plan is
     * deleted, or is given another deployment, {@link #remove} is called for it too.
     */
    default boolean keepsWhatRunsLeave() {
        return false;
    }

    /**
     * Makes the engine have this schedule, or brings what it has in step: pattern, zone, policies, suspension,
     * credentials, secret files. Changes nothing where all is as it should be, but for the client's token: it cannot be
     * read back, and is replaced with each call. What has been started goes on with the one before.
     *
     * <p>What fell into a suspension is not made up for when that is over.
     *
     * @return the reference by which the engine knows it, the same every time; fails with {@link LaunchFailure} where the
     *     engine refuses, and says why
     */
    Uni<String> install(EngineSchedule schedule);

    /**
     * Removes the schedule and everything that belongs to it; nothing of it starts any more. Succeeds where it is gone
     * already, or never was. What it has started has ended, or is cancelled, before. Only the plan, the deployment's
     * definition and the reference (null where the server does not know it) are to be relied on: the plan may have no
     * schedule any more.
     */
    Uni<Void> remove(EngineSchedule schedule);

    /**
     * What becomes of an installed schedule: the runs that its engine starts, those of the last while included (the same
     * one may be told again), and what others do to it. Goes on until it is cancelled; fails where the engine is out of
     * reach, and is then subscribed to again after a while. Items may be emitted on any thread.
     */
    Multi<ScheduleEvent> watch(EngineSchedule schedule);
}
