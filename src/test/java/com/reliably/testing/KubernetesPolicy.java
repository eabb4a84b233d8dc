package com.reliably.testing;

import com.reliably.deployment.DeploymentPolicy;
import io.smallrye.config.WithDefault;
import java.util.List;
import java.util.Optional;

/** What an operator allows, in tests without a server. */
public record KubernetesPolicy(
        Optional<List<String>> allowedHosts,
        List<String> refusedNetworks,
        Optional<List<String>> allowedProxies,
        boolean insecureTlsAllowed,
        Optional<String> inClusterAllowed)
        implements DeploymentPolicy.Kubernetes {

    /** As it is where the operator says nothing; the defaults of the setting are read where it is declared. */
    public static KubernetesPolicy usual() {
        return new KubernetesPolicy(Optional.empty(), defaultNetworks(), Optional.empty(), false, Optional.empty());
    }

    public KubernetesPolicy withHosts(String... hosts) {
        return new KubernetesPolicy(
                Optional.of(List.of(hosts)), refusedNetworks, allowedProxies, insecureTlsAllowed, inClusterAllowed);
    }

    public KubernetesPolicy withRefused(String... networks) {
        return new KubernetesPolicy(
                allowedHosts, List.of(networks), allowedProxies, insecureTlsAllowed, inClusterAllowed);
    }

    public KubernetesPolicy withProxies(String... proxies) {
        return new KubernetesPolicy(
                allowedHosts, refusedNetworks, Optional.of(List.of(proxies)), insecureTlsAllowed, inClusterAllowed);
    }

    public KubernetesPolicy withInsecureTls() {
        return new KubernetesPolicy(allowedHosts, refusedNetworks, allowedProxies, true, inClusterAllowed);
    }

    public KubernetesPolicy withoutInCluster() {
        return new KubernetesPolicy(
                allowedHosts, refusedNetworks, allowedProxies, insecureTlsAllowed, Optional.of("false"));
    }

    private static List<String> defaultNetworks() {
        try {
            return List.of(DeploymentPolicy.Kubernetes.class
                    .getMethod("refusedNetworks")
                    .getAnnotation(WithDefault.class)
                    .value()
                    .split(","));
        } catch (NoSuchMethodException e) {
            throw new AssertionError(e);
        }
    }
}
