package com.reliably.runner.github;

import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.GitHubDefinition;
import com.reliably.runner.github.api.RepositoryAddress;
import java.util.Optional;

/**
 * The repository that a run was started in. Its deployment may have been given another one meanwhile; what goes on is
 * followed and ended where it is, with the credentials that the deployment has now.
 *
 * @param repository as in {@code github.com/my-org/my-repo}, in small letters; null where nothing was started yet
 * @param isOurs     whether it is as the deployment had it, and not as GitHub calls itself
 */
record RunPlace(String repository, boolean isOurs) {

    /** Of a run that is started wherever its deployment says. */
    static final RunPlace ANY = new RunPlace(null, true);

    /** What a run's deployment is about now has nothing to do with where the run is. */
    static final class Left extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private Left(String message) {
            super(message, null, false, false);
        }
    }

    /**
     * Where a run is.
     *
     * @param order     null where GitHub started it by itself
     * @param reference the server's
     */
    static RunPlace of(Dispatch order, String reference) {
        if (order == null) {
            return of(GitHubReference.of(reference));
        }
        if (!order.mayBeAtGitHub()) {
            return ANY;
        }
        return order.repository() == null
                ? of(GitHubReference.of(order.url()))
                : new RunPlace(order.repository(), true);
    }

    private static RunPlace of(Optional<GitHubReference> reference) {
        return reference.map(run -> new RunPlace(run.repository(), false)).orElse(ANY);
    }

    /**
     * The deployment, for this place.
     *
     * @throws Left where its credentials cannot be for this place; they are not sent to other hosts than their own
     */
    GitHubDefinition of(DeploymentDefinition now) {
        if (!(now instanceof GitHubDefinition gitHub)) {
            throw new Left("The deployment is not of the type 'github' any more, so that GitHub cannot be asked.");
        }
        String name = RepositoryAddress.nameOf(gitHub);
        if (repository == null || repository.equals(name)) {
            return gitHub;
        }
        if (!hostOf(repository).equals(hostOf(name))) {
            if (!isOurs && pathOf(repository).equals(pathOf(name))) {
                // One host, that has two names.
                return gitHub;
            }
            throw new Left("The deployment is at " + hostOf(name) + " now; its credentials are not for "
                    + hostOf(repository) + ", where the run was started.");
        }
        return new GitHubDefinition(
                "https://" + repository,
                gitHub.token(),
                gitHub.username(),
                gitHub.ref(),
                gitHub.baseDir(),
                gitHub.environment(),
                gitHub.delivery(),
                gitHub.appId(),
                gitHub.appPrivateKey(),
                gitHub.manageServiceToken(),
                gitHub.webhookSecret());
    }

    private static String hostOf(String repository) {
        return repository.substring(0, repository.indexOf('/'));
    }

    private static String pathOf(String repository) {
        return repository.substring(repository.indexOf('/'));
    }
}
