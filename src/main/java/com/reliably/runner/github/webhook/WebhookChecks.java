package com.reliably.runner.github.webhook;

import com.reliably.deployment.GitHubDefinition;
import com.reliably.runner.CheckResult;
import com.reliably.start.PublicUrl;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.UUID;

/** Whether GitHub tells of runs by itself. Nothing needs that; without it, runs are looked at now and then. */
@Singleton
public final class WebhookChecks {

    private static final String WEBHOOK = "webhook";

    private final DeliveryStore store;
    private final PublicUrl publicUrl;

    WebhookChecks(DeliveryStore store, PublicUrl publicUrl) {
        this.store = store;
        this.publicUrl = publicUrl;
    }

    /**
     * Whether it does for a deployment. Fails only where the database does.
     *
     * @param definition with its secrets in clear
     */
    public Uni<CheckResult> check(UUID orgId, UUID deploymentId, GitHubDefinition definition) {
        String address = WebhookResource.addressOf(publicUrl, orgId, deploymentId);
        if (definition.webhookSecret() == null) {
            return Uni.createFrom()
                    .item(CheckResult.skipped(
                            WEBHOOK,
                            "Runs are looked at now and then. To be told at once, give the deployment a 'webhook_secret',"
                                    + " and the repository a webhook with it: " + address + ", content type"
                                    + " application/json, event 'Workflow runs'."));
        }
        return store.latest(orgId, deploymentId)
                .map(latest -> latest == null
                        ? CheckResult.warning(
                                WEBHOOK,
                                "A secret is set, and GitHub has told nothing in the last days. Runs are looked at now and"
                                        + " then.",
                                "In the repository's settings, see that there is a webhook with this secret for "
                                        + address
                                        + ", content type application/json, event 'Workflow runs', and what its recent"
                                        + " deliveries say.")
                        : CheckResult.passed(WEBHOOK, "GitHub last told of a run at " + latest + "."));
    }
}
