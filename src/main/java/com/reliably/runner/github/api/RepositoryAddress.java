package com.reliably.runner.github.api;

import com.reliably.deployment.DeploymentPolicy;
import com.reliably.deployment.GitHubDefinition;
import com.reliably.runner.LaunchFailure;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.List;
import java.util.Locale;

/**
 * Where a repository is.
 *
 * @param host  of its pages, perhaps with a port
 * @param owner organisation or person
 * @param name  of the repository
 * @param api   the address of the host's API, without a slash at the end
 */
public record RepositoryAddress(String host, String owner, String name, URI api) {

    /** Whether it is github.com or one of GHE.com's hosts, which have the newest API; else an Enterprise Server. */
    public boolean isCloud() {
        return host.equals("github.com") || host.endsWith(".ghe.com");
    }

    /** As in {@code my-org/my-repo}. */
    public String fullName() {
        return owner + "/" + name;
    }

    /** Whether an address is at the API of this host. */
    boolean isAt(URI uri) {
        return api.getScheme().equals(uri.getScheme())
                && api.getRawAuthority().equals(uri.getRawAuthority())
                && uri.normalize().getRawPath().startsWith(api.getRawPath() + "/");
    }

    /** The address of something of this repository's at the API. */
    URI at(String path) {
        return URI.create(api + "/repos/" + owner + "/" + name + path);
    }

    /** By which a deployment's repository is known as the same, however its URL is written. */
    public static String nameOf(GitHubDefinition definition) {
        return String.join("/", partsOf(definition)).toLowerCase(Locale.ROOT);
    }

    /** The same, of its address. */
    public static String nameOf(RepositoryAddress address) {
        return (address.host() + "/" + address.fullName()).toLowerCase(Locale.ROOT);
    }

    /** Host, owner and name. */
    private static String[] partsOf(GitHubDefinition definition) {
        String[] parts = definition.repo().replaceFirst("^https://", "").split("/");
        return new String[] {parts[0], parts[1], parts[2].replaceFirst("\\.git$", "")};
    }

    /** Finds out where repositories are. What the operator allows may have changed since a deployment was stored. */
    @Singleton
    public static final class Finder {

        private final DeploymentPolicy policy;
        private final GitHubApiSettings settings;

        Finder(DeploymentPolicy policy, GitHubApiSettings settings) {
            this.policy = policy;
            this.settings = settings;
        }

        /** The address of a deployment's repository; throws {@link LaunchFailure} where its host is not allowed (any more). */
        public RepositoryAddress of(GitHubDefinition definition) {
            String[] parts = partsOf(definition);
            String host = parts[0].toLowerCase(Locale.ROOT);
            boolean allowed = policy.gitHub().allowedHosts().stream()
                    .anyMatch(one -> one.strip().toLowerCase(Locale.ROOT).equals(host));
            if (!allowed) {
                throw new LaunchFailure("This server does not call " + host
                        + "; its operator can allow it in RELIABLY_GITHUB_ALLOWED_HOSTS.");
            }
            return new RepositoryAddress(host, parts[1], parts[2], apiOf(host));
        }

        private URI apiOf(String host) {
            for (String entry : settings.apiUrls().orElse(List.of())) {
                String[] pair = entry.strip().split("=", 2);
                if (pair.length == 2 && pair[0].equalsIgnoreCase(host)) {
                    return URI.create(pair[1].replaceAll("/+$", ""));
                }
            }
            if (host.equals("github.com")) {
                return URI.create("https://api.github.com");
            }
            return host.endsWith(".ghe.com")
                    ? URI.create("https://api." + host)
                    : URI.create("https://" + host + "/api/v3");
        }
    }
}
