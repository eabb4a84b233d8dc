package com.reliably.runner.github.repository;

import java.util.UUID;

/** What a server has to write to people's repositories with. */
public final class RepositoryParts {

    private RepositoryParts() {}

    /** Keeps workflows, by these pull requests where deployments want any. */
    public static WorkflowKeeper keeper(PullRequests pullRequests) {
        return new WorkflowKeeper(pullRequests, new ActionPins());
    }

    /** By which name the token of a plan's clients is a secret of an environment. */
    public static String secretOf(UUID planId) {
        return ServiceTokens.nameOf(planId);
    }
}
