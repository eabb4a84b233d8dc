package com.reliably.deployment;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.util.List;
import java.util.Optional;

/** What the operator allows deployments to reach. Everything that is not listed is refused. */
@ConfigMapping(prefix = "reliably")
public interface DeploymentPolicy {

    /** Docker deployments. */
    Docker docker();

    /** GitHub deployments. */
    @WithName("github")
    GitHub gitHub();

    /** What Docker deployments may reach. */
    interface Docker {

        /**
         * Absolute directories of the engine's host below which a deployment may mount volumes, separated by commas.
         * None by default.
         */
        Optional<List<String>> allowedVolumeRoots();
    }

    /** What GitHub deployments may reach. */
    interface GitHub {

        /** Hosts of repositories, separated by commas. */
        @WithDefault("github.com")
        List<String> allowedHosts();
    }
}
