package com.reliably.runner.docker;

import com.github.dockerjava.api.command.InspectContainerResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A container as its engine has it.
 *
 * @param inspect everything that the engine says of it
 * @param askedAt the engine's clock when it said so
 */
record Container(InspectContainerResponse inspect, Instant askedAt) {

    private static final String NEVER = "0001-01-01T00:00:00Z";

    /** Its id, which no other container ever has. */
    String id() {
        return inspect.getId();
    }

    /** Its name, without a slash. */
    String name() {
        return inspect.getName().replaceFirst("^/", "");
    }

    /** A label; empty where it has none of that name. */
    Optional<String> label(String label) {
        Map<String, String> labels = inspect.getConfig().getLabels();
        return labels == null ? Optional.empty() : Optional.ofNullable(labels.get(label));
    }

    /** A variable that it was made with; empty where it has none of that name. */
    Optional<String> variable(String variable) {
        String[] variables = inspect.getConfig().getEnv();
        for (String entry : variables == null ? new String[0] : variables) {
            if (entry.startsWith(variable + "=")) {
                return Optional.of(entry.substring(variable.length() + 1));
            }
        }
        return Optional.empty();
    }

    /** Whether its process was ever begun. */
    boolean wasStarted() {
        String started = inspect.getState().getStartedAt();
        return started != null && !started.isEmpty() && !started.equals(NEVER);
    }

    /** Whether its process is there: running, paused or about to be started again. */
    boolean isRunning() {
        return isSo(inspect.getState().getRunning()) || isSo(inspect.getState().getRestarting());
    }

    /** When its process was begun, by the engine's clock. */
    Instant startedAt() {
        return Instant.parse(inspect.getState().getStartedAt());
    }

    /** How long its process took, or has taken so far. */
    Duration duration() {
        return Duration.between(
                startedAt(),
                isRunning() ? askedAt : Instant.parse(inspect.getState().getFinishedAt()));
    }

    int exitCode() {
        Long code = inspect.getState().getExitCodeLong();
        return code == null ? 0 : code.intValue();
    }

    /** What the engine says went wrong; empty where nothing did. */
    String error() {
        String error = inspect.getState().getError();
        return error == null ? "" : error;
    }

    boolean ranOutOfMemory() {
        return isSo(inspect.getState().getOOMKilled());
    }

    /** The limit of its memory in bytes; 0 where there is none. */
    long memory() {
        Long limit = inspect.getHostConfig().getMemory();
        return limit == null ? 0 : limit;
    }

    private static boolean isSo(Boolean said) {
        return Boolean.TRUE.equals(said);
    }

    /** Without its variables. */
    @Override
    public String toString() {
        return "Container[" + name() + ", " + id() + "]";
    }
}
