package com.reliably.runner.github.api;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Settings of requests to GitHub. Which hosts may be called is {@code reliably.github.allowed-hosts}. */
@ConfigMapping(prefix = "reliably.github")
public interface GitHubApiSettings {

    /**
     * Where the API of a host is, as in {@code ghe.example.com=https://gateway.example.com/github}, separated by commas; for
     * gateways and proxies. Only here can plain HTTP be asked for.
     */
    Optional<List<String>> apiUrls();

    /** How long GitHub may take to answer a request. */
    @WithDefault("PT20S")
    Duration answersWithin();

    /**
     * Hosts, besides the API's own, that GitHub may say a log is to be fetched from; {@code *} stands for the names below.
     */
    @WithDefault("*.blob.core.windows.net,*.actions.githubusercontent.com")
    List<String> logHosts();
}
