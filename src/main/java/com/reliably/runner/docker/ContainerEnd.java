package com.reliably.runner.docker;

import com.reliably.runner.ClientCommand;
import com.reliably.runner.RunnerEvent.Ended;
import com.reliably.runner.RunnerEvent.How;

/** What the end of a container means for its run. */
final class ContainerEnd {

    /** Added to the name of a container that was asked to end, so that every server knows why it did. */
    static final String CANCELLED = "-cancelled";

    private static final int DEVIATED = 1;
    private static final int KILLED = 137;
    private static final long MEBI = 1 << 20;

    private ContainerEnd() {}

    /** A container whose process has ended. */
    static Ended of(Container container) {
        int code = container.exitCode();
        if (container.name().endsWith(CANCELLED)) {
            return new Ended(How.CANCELLED, code, null);
        }
        if (code == 0) {
            return Ended.well(
                    "The entrypoint of the deployment's image has to be the Reliably CLI",
                    container.variable(ClientCommand.SERVER_URL).orElse("its address"),
                    "RELIABLY_DOCKER_CALLBACK_URL");
        }
        if (container.duration().compareTo(RunLabels.timeout(container)) >= 0) {
            return new Ended(
                    How.TIMED_OUT,
                    code,
                    "The run took longer than its "
                            + RunLabels.timeout(container).toSeconds()
                            + " s, and was stopped. The plan can allow more (policies.timeout_seconds), or the operator"
                            + " (RELIABLY_DOCKER_TIMEOUT).");
        }
        return new Ended(How.EXITED, code, why(container, code));
    }

    private static String why(Container container, int code) {
        if (container.ranOutOfMemory()) {
            long limit = container.memory() / MEBI;
            return "The container ran out of memory: its limit is " + limit + " MiB, and the system killed what it ran"
                    + " (exit code " + code + "). Allow more in limits.memory of the deployment.";
        }
        if (code == KILLED) {
            return "The container was killed from outside (exit code 137: 'docker kill', or an engine that stopped?).";
        }
        return container.error().isEmpty()
                ? null
                : "The container ended with exit code " + code + ": " + container.error();
    }

    /** A container that its engine could not start. */
    static Ended notStarted(ContainerReference reference, String error) {
        return new Ended(
                How.UNPREPARED,
                null,
                "The container could not be started by the engine at " + reference.engine() + ": " + error
                        + remedy(error));
    }

    private static String remedy(String error) {
        if (error.contains("no space left")) {
            return " (The disk of the engine's host is full: remove images and containers that are not needed.)";
        }
        if (error.contains("executable file not found") || error.contains("no such file or directory")) {
            return " (Is the entrypoint of the image the Reliably CLI, and does the working directory exist?)";
        }
        return "";
    }

    /** Whether a kept container's run failed, as far as it can tell: the CLI exits with 1 for what deviated. */
    static boolean looksFailed(Container container) {
        return !container.wasStarted() || container.exitCode() != 0 && container.exitCode() != DEVIATED;
    }
}
