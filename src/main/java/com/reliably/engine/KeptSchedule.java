package com.reliably.engine;

import java.util.UUID;

/**
 * A schedule that an engine keeps, as the database has it at one moment.
 *
 * @param epoch             since how many owners; with the owner, who may write of it
 * @param type              the type of its deployment
 * @param generation        which version of it is to be at the engine
 * @param applied           whether that version is, as far as is known
 * @param appliedSuspended  whether it starts nothing there, as far as is known
 * @param appliedDefinition the deployment's masked definition with which it was installed last, as JSON; null where it never
 *     was
 * @param appliedPattern    what it was then; null with the definition
 * @param appliedTimezone   what it was then; null with the definition
 * @param reference         by which its engine knows it; null where it is not known to have been installed
 * @param halted            whether its organisation is halted
 * @param planDeleted       whether its plan is deleted
 * @param removedElsewhere  whether the same plan's schedule is still to be removed at another deployment
 * @param activeRuns        how many runs of the plan with this deployment have not ended
 */
record KeptSchedule(
        UUID id,
        long epoch,
        UUID orgId,
        UUID planId,
        UUID deploymentId,
        String type,
        Desired desired,
        long generation,
        boolean applied,
        boolean appliedSuspended,
        String appliedDefinition,
        String appliedPattern,
        String appliedTimezone,
        String reference,
        boolean halted,
        boolean planDeleted,
        boolean removedElsewhere,
        long activeRuns) {

    /** Whether nothing is to be started, for whatever reason. */
    boolean isToRest() {
        return desired != Desired.INSTALLED || halted;
    }

    /** Whether its engine is known to have it, in whichever version. */
    boolean isInstalled() {
        return reference != null;
    }
}
