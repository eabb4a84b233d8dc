package com.reliably.deployment;

import com.reliably.outbound.OutboundSettings;
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

    /** Kubernetes deployments. */
    Kubernetes kubernetes();

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

    /** What Kubernetes deployments may reach, and how. */
    interface Kubernetes {

        /**
         * Hosts of API servers, separated by commas; {@code *.example.com} stands for every host below a domain. Any
         * host where it is not set.
         */
        Optional<List<String>> allowedHosts();

        /**
         * Networks in which no API server is, separated by commas, whatever name leads there. By default where machines
         * of clouds are told their own credentials, and what is no address of a single machine.
         */
        @WithDefault(OutboundSettings.DEFAULT_REFUSED_NETWORKS)
        List<String> refusedNetworks();

        /** Proxies that a kubeconfig may name, as URLs separated by commas. None by default. */
        Optional<List<String>> allowedProxies();

        /** Whether a kubeconfig may do without looking at the cluster's certificate. */
        @WithDefault("false")
        boolean insecureTlsAllowed();

        /**
         * Whose deployments may use the service account of this server, where it runs in a cluster itself: {@code true} for
         * those of all organizations, {@code false} for none, else ids or names of organizations, separated by commas. Where
         * it is not set they all may while there is one organization, and none may from the second one on.
         */
        Optional<String> inClusterAllowed();
    }
}
