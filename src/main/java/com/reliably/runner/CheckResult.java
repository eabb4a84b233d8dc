package com.reliably.runner;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * One thing that was looked at before a run, and how it was found.
 *
 * @param name    what was looked at, in a few words, the same every time
 * @param outcome how it was found
 * @param message what was found, for people; no secrets
 * @param remedy  what to do; null where nothing has to be done
 */
@Schema(name = "CheckResult")
public record CheckResult(
        @Schema(examples = "engine reachable") String name,
        Outcome outcome,

        @Schema(examples = "The engine at unix:///var/run/docker.sock does not answer.")
        String message,

        @Schema(nullable = true, description = "What to do about it", examples = "Start the engine.")
        String remedy) {

    /** How something was found. */
    @Schema(
            name = "CheckOutcome",
            enumeration = {"passed", "warning", "failed", "skipped"},
            description =
                    "`passed`: as it should be; `warning`: runs begin, but may not do what is expected; `failed`: a"
                            + " run would not begin; `skipped`: not looked at, because something before it failed")
    public enum Outcome {
        PASSED,
        WARNING,
        FAILED,
        SKIPPED;

        /** The wire's name. */
        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public static CheckResult passed(String name, String message) {
        return new CheckResult(name, Outcome.PASSED, message, null);
    }

    public static CheckResult warning(String name, String message, String remedy) {
        return new CheckResult(name, Outcome.WARNING, message, remedy);
    }

    public static CheckResult failed(String name, String message, String remedy) {
        return new CheckResult(name, Outcome.FAILED, message, remedy);
    }

    public static CheckResult skipped(String name, String message) {
        return new CheckResult(name, Outcome.SKIPPED, message, null);
    }
}
