package com.reliably.runner.github.api;

import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.GitHubDefinition;
import com.reliably.runner.LaunchFailure;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/** Makes the API of a deployment's repository, with the deployment's credentials. */
@Singleton
public final class GitHubApis {

    private final GitHubHttp http;
    private final RepositoryAddress.Finder addresses;
    private final AppTokens apps;

    GitHubApis(GitHubHttp http, RepositoryAddress.Finder addresses, AppTokens apps) {
        this.http = http;
        this.addresses = addresses;
        this.apps = apps;
    }

    /**
     * The API of a deployment's repository.
     *
     * @param definition with its secrets in clear
     * @throws LaunchFailure where the deployment has no credentials, or the host is not allowed
     */
    public GitHubApi of(DeploymentDefinition definition) {
        GitHubDefinition gitHub = (GitHubDefinition) definition;
        RepositoryAddress address = addresses.of(gitHub);
        if (gitHub.appId() != null && gitHub.appPrivateKey() != null) {
            // Each installation has limits of its own.
            String caller = address.host() + "/app-" + gitHub.appId() + "/" + address.owner() + "/"
                    + digest(gitHub.appPrivateKey());
            return new GitHubApi(
                    http,
                    address,
                    caller,
                    () -> apps.authorization(caller, address, gitHub.appId(), gitHub.appPrivateKey()),
                    () -> Optional.of(apps.permissions(caller, address, gitHub.appId(), gitHub.appPrivateKey())),
                    () -> apps.forget(caller, address));
        }
        if (gitHub.token() == null || gitHub.token().isBlank()) {
            throw new LaunchFailure("The deployment has no GitHub token: give one that may write the repository's"
                    + " contents, workflows and actions, or a GitHub App.");
        }
        String token = gitHub.token().strip();
        return new GitHubApi(
                http,
                address,
                address.host() + "/" + digest(token),
                () -> "Bearer " + token,
                Optional::empty,
                () -> false);
    }

    private static String digest(String secret) {
        try {
            byte[] whole = MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(whole, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
