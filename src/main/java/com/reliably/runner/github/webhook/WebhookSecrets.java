package com.reliably.runner.github.webhook;

import com.reliably.deployment.DeploymentService;
import com.reliably.deployment.GitHubDefinition;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import java.util.UUID;

/** Of deployments, what a delivery is verified with. In a session of its own, which is over before anything else is done. */
@ApplicationScoped
class WebhookSecrets {

    private final DeploymentService deployments;

    WebhookSecrets(DeploymentService deployments) {
        this.deployments = deployments;
    }

    /** The deployment with its secrets in clear; empty where the organisation has none of this id, or it is not GitHub's. */
    @WithSession
    Uni<Optional<GitHubDefinition>> of(UUID orgId, UUID deploymentId) {
        return deployments
                .clearDefinition(orgId, deploymentId)
                .map(definition ->
                        definition instanceof GitHubDefinition gitHub ? Optional.of(gitHub) : Optional.empty());
    }
}
