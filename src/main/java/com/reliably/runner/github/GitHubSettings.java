package com.reliably.runner.github;

import com.reliably.runner.github.api.GitHubApiSettings;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of runs that are workflows at GitHub; those of the requests to it are {@link GitHubApiSettings}. */
@ConfigMapping(prefix = "reliably.github")
public interface GitHubSettings {

    /** How often the runs of a repository are looked at, where anything is followed there; one request for all of them. */
    @WithDefault("PT5S")
    Duration pollEvery();

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
}
