package com.reliably.runner.github.api;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.deployment.DeploymentPolicy;
import com.reliably.outbound.TestOutbound;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Clock;

/** What a server has to speak to GitHub with, where a stand-in is in the place of GitHub. */
public final class ApiParts {

    private ApiParts() {}

    /** The APIs of {@code github.com} and of {@code ghe.example.com}, which are both at this address. */
    public static GitHubApis apis(String apiUrl, Clock clock, ObjectMapper json) {
        GitHubApiSettings settings = settings(apiUrl);
        GitHubHttp http = new GitHubHttp(
                settings,
                new RateLimits(clock),
                json,
                TestOutbound.vertx(),
                TestOutbound.usual().clients());
        return new GitHubApis(http, new RepositoryAddress.Finder(policy(), settings), new AppTokens(http, clock));
    }

    static GitHubApiSettings settings(String apiUrl) {
        return new SmallRyeConfigBuilder()
                .withMapping(GitHubApiSettings.class)
                .withMappingIgnore("reliably.**")
                .withDefaultValue("reliably.github.answers-within", "PT10S")
                .withDefaultValue("reliably.github.api-urls", "github.com=" + apiUrl + ",ghe.example.com=" + apiUrl)
                .build()
                .getConfigMapping(GitHubApiSettings.class);
    }

    private static DeploymentPolicy policy() {
        return new SmallRyeConfigBuilder()
                .withMapping(DeploymentPolicy.class)
                .withMappingIgnore("reliably.**")
                .withDefaultValue("reliably.github.allowed-hosts", "github.com,ghe.example.com")
                .build()
                .getConfigMapping(DeploymentPolicy.class);
    }
}
