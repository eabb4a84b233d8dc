package com.reliably.runner.github.webhook;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What was done with a delivery, for people who look at it in GitHub's settings.
 *
 * @param outcome what was done
 * @param detail  why, in a sentence
 */
@Schema(name = "GitHubWebhookReceipt", description = "What was done with a delivery")
record WebhookReceipt(
        Outcome outcome,

        @Schema(description = "Why, in a sentence", examples = "The runs that are followed there are looked at now.")
        String detail) {

    /** What can be done. */
    @Schema(
            name = "GitHubWebhookOutcome",
            enumeration = {"noted", "repeated", "ignored"},
            description =
                    "`noted`: GitHub is looked at now; `repeated`: it had come before; `ignored`: it tells nothing that is"
                            + " followed")
    public enum Outcome {
        NOTED,
        REPEATED,
        IGNORED;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static WebhookReceipt noted() {
        return new WebhookReceipt(Outcome.NOTED, "The runs that are followed there are looked at now.");
    }

    static WebhookReceipt repeated() {
        return new WebhookReceipt(Outcome.REPEATED, "The same delivery had come before.");
    }

    static WebhookReceipt ignored(String why) {
        return new WebhookReceipt(Outcome.IGNORED, why);
    }
}
