package com.reliably.runner.github.workflow;

import com.reliably.schedule.Overlap;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/**
 * What a plan's workflow is to say.
 *
 * @param orgId       the organisation
 * @param planId      the plan
 * @param server      this server's host and perhaps port, as runs at GitHub reach it by HTTPS
 * @param baseDir     the repository's directory that plans are run from
 * @param environment the GitHub environment of the jobs; null leaves them as they are
 * @param action      the action of the default workflow, with its version
 * @param schedule    when GitHub starts it by itself; empty where it is dispatched
 * @param overlap     whether runs may go on beside each other
 * @param timeout     how long a run may take; null where the server's setting says
 * @param tokenSecret an expression for the secret with the client's token; null takes {@code RELIABLY_SERVICE_TOKEN}, or what
 *     the template has
 */
public record WorkflowOrder(
        UUID orgId,
        UUID planId,
        String server,
        String baseDir,
        String environment,
        String action,
        List<CronLine> schedule,
        Overlap overlap,
        Duration timeout,
        String tokenSecret) {

    /** The input that tells a dispatched workflow which run it is; the name of the run has it. */
    public static final String RUN_INPUT = "reliably_run_id";

    /**
     * One entry of {@code on.schedule}.
     *
     * @param cron     five fields as GitHub takes them
     * @param timezone an IANA zone; null means UTC
     */
    public record CronLine(String cron, String timezone) {}

    /** The same, with another action. */
    public WorkflowOrder withAction(String other) {
        return new WorkflowOrder(
                orgId, planId, server, baseDir, environment, other, schedule, overlap, timeout, tokenSecret);
    }

    boolean isDispatched() {
        return schedule.isEmpty();
    }

    /** Where the plan's workflow is in the repository. */
    public String path() {
        return pathOf(planId);
    }

    /** By which GitHub knows the workflow. */
    public String fileName() {
        return fileNameOf(planId);
    }

    /** Where the workflow of a plan is in any repository. */
    public static String pathOf(UUID planId) {
        return ".github/workflows/" + fileNameOf(planId);
    }

    /** By which GitHub knows the workflow of a plan. */
    public static String fileNameOf(UUID planId) {
        return "reliably-plan-" + planId + ".yaml";
    }
}
