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

        /**
         * Addresses of the engines that a deployment may name, each exactly, separated by commas, as in {@code
         * tcp://docker.example.com:2376}. None by default: deployments use the server's own engine.
         */
        Optional<List<String>> allowedEngines();

        /**
         * Linux capabilities that a deployment may ask for, separated by commas. By default those that Docker gives to
         * every container, and which do not open the host, less the making of devices.
         */
        @WithDefault(
                "CHOWN,DAC_OVERRIDE,FOWNER,FSETID,KILL,NET_BIND_SERVICE,NET_RAW,SETFCAP,SETGID,SETPCAP,SETUID,SYS_CHROOT")
        List<String> allowedCapabilities();
    }

    /** What GitHub deployments may reach. */
    interface GitHub {

        /** Hosts of repositories, separated by commas. */
        @WithDefault("github.com")
        List<String> allowedHosts();
    }
}
