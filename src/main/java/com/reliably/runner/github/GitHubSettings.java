package com.reliably.runner.github;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Settings of runs that are workflows at GitHub. Which hosts may be called is {@code reliably.github.allowed-hosts}. */
@ConfigMapping(prefix = "reliably.github")
public interface GitHubSettings {

    /**
     * Where the API of a host is, as in {@code ghe.example.com=https://gateway.example.com/github}, separated by commas; for
     * gateways and proxies. Only here can plain HTTP be asked for.
     */
    Optional<List<String>> apiUrls();

    /** How often the runs of a repository are looked at, where anything is followed there; one request for all of them. */
    @WithDefault("PT5S")
    Duration pollEvery();

    /** How long GitHub may take to answer a request. */
    @WithDefault("PT20S")
    Duration answersWithin();

    /**
     * How long it may take until a run that GitHub was asked to start, without its answer having been heard, is in its list
     * of runs. Only then is it asked again.
     */
    @WithDefault("PT2M")
    Duration settlesWithin();

    /** How long a run may take before it is cancelled; a plan can say otherwise. */
    @WithDefault("PT6H")
    Duration timeout();

    /** How many runs one server follows at GitHub at once; more wait. */
    @WithDefault("200")
    int atOnce();

    /**
     * The action of the default workflow, with the branch, tag or commit to take it from. What a branch or tag stands for is
     * written into a plan's workflow as a commit, when that is first made.
     */
    @WithDefault("reliablyhq/actions/plan@main")
    String action();

    /**
     * Hosts, besides the API's own, that GitHub may say a log is to be fetched from; {@code *} stands for the names below.
     */
    @WithDefault("*.blob.core.windows.net,*.actions.githubusercontent.com")
    List<String> logHosts();
}
