package com.reliably.runner.github.webhook;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What is read of a delivery's body. Nothing of it is believed about a run: it says where to look, and how old it is.
 *
 * @param workflowRun null in deliveries of other events
 * @param hook        in the first delivery of a webhook only
 */
@RegisterForReflection
@Schema(name = "GitHubWebhookEvent", description = "A delivery as GitHub makes it; of its many members these are read")
record WebhookBody(
        @Schema(
                nullable = true,
                description = "What happened: requested, in_progress or completed",
                examples = "completed")
        String action,

        Where repository,

        @JsonProperty("workflow_run") WorkflowRun workflowRun,

        Hook hook) {

    /** @param fullName owner and name */
    @RegisterForReflection
    @Schema(name = "GitHubWebhookRepository", description = "Where it happened")
    record Where(
            @Schema(description = "Owner and name", examples = "my-org/my-repo") @JsonProperty("full_name")
            String fullName) {}

    /** @param updatedAt when it came into the state that is told, as GitHub writes it */
    @RegisterForReflection
    @Schema(name = "GitHubWebhookRun", description = "The run to which it happened")
    record WorkflowRun(
            @Schema(description = "GitHub's number of the run", examples = "30433642")
            Long id,

            @Schema(description = "When it happened", examples = "2026-11-23T17:02:11Z") @JsonProperty("updated_at")
            String updatedAt) {}

    /** @param events of which the webhook tells */
    @RegisterForReflection
    @Schema(name = "GitHubWebhookHook", description = "The webhook, in its first delivery (`ping`)")
    record Hook(
            @Schema(description = "Of what it tells", examples = "[\"workflow_run\"]")
            List<String> events) {}
}
