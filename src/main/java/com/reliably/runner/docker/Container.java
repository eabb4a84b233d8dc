package com.reliably.runner.docker;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/**
 * A container as its engine has it.
 *
 * @param id       its id, which no other container ever has
 * @param name     its name, without a slash
 * @param inspect  everything that the engine says of it
 * @param askedAt  the engine's clock when it said so
 */
record Container(String id, String name, JsonNode inspect, Instant askedAt) {

    private static final String NEVER = "0001-01-01T00:00:00Z";

    /**
     * Reads an answer to {@code GET /containers/{id}/json}.
     *
     * @param date the answer's {@code Date} header
     */
    static Container of(JsonNode inspect, String date) {
        return new Container(
                inspect.path("Id").asText(),
                inspect.path("Name").asText().replaceFirst("^/", ""),
                inspect,
                ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    }

    /** A label; empty where it has none of that name. */
    Optional<String> label(String label) {
        return Optional.ofNullable(
                inspect.path("Config").path("Labels").path(label).textValue());
    }

    /** A variable that it was made with; empty where it has none of that name. */
    Optional<String> variable(String variable) {
        for (JsonNode entry : inspect.path("Config").path("Env")) {
            if (entry.asText().startsWith(variable + "=")) {
                return Optional.of(entry.asText().substring(variable.length() + 1));
            }
        }
        return Optional.empty();
    }

    /** Whether its process was ever begun. */
    boolean wasStarted() {
        return !NEVER.equals(state().path("StartedAt").asText(NEVER));
    }

    /** Whether its process is there: running, paused or about to be started again. */
    boolean isRunning() {
        return state().path("Running").asBoolean() || state().path("Restarting").asBoolean();
    }

    /** When its process was begun, by the engine's clock. */
    Instant startedAt() {
        return Instant.parse(state().path("StartedAt").asText());
    }

    /** How long its process took, or has taken so far. */
    Duration duration() {
        return Duration.between(
                startedAt(),
                isRunning() ? askedAt : Instant.parse(state().path("FinishedAt").asText()));
    }

    int exitCode() {
        return state().path("ExitCode").asInt();
    }

    /** What the engine says went wrong; empty where nothing did. */
    String error() {
        return state().path("Error").asText("");
    }

    boolean ranOutOfMemory() {
        return state().path("OOMKilled").asBoolean();
    }

    private JsonNode state() {
        return inspect.path("State");
    }

    /** Without its variables. */
    @Override
    public String toString() {
        return "Container[" + name + ", " + id + "]";
    }
}
