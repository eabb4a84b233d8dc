package com.reliably.deployment;

import com.reliably.outbound.AddressLiteral;
import com.reliably.outbound.NetworkRange;
import java.net.InetAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The API servers that the operator lets deployments reach, by what they are called. A kubeconfig is written by somebody who
 * may not reach everything that this server does; the addresses behind a name are looked at when they are connected to
 * ({@link com.reliably.outbound.OutboundClients}).
 */
public final class ClusterReach {

    private static final String REFUSED_NETWORKS = "RELIABLY_KUBERNETES_REFUSED_NETWORKS";

    private final List<String> allowedHosts;
    private final List<NetworkRange> refused;
    private final List<String> allowedProxies;
    private final boolean insecureTlsAllowed;

    private ClusterReach(DeploymentPolicy.Kubernetes policy) {
        this.allowedHosts = policy.allowedHosts().orElse(List.of()).stream()
                .map(host -> host.strip().toLowerCase(Locale.ROOT))
                .toList();
        this.refused = policy.refusedNetworks().stream()
                .map(network -> NetworkRange.parse(REFUSED_NETWORKS, network))
                .toList();
        this.allowedProxies = policy.allowedProxies().orElse(List.of());
        this.insecureTlsAllowed = policy.insecureTlsAllowed();
    }

    /**
     * What the operator says.
     *
     * @throws IllegalArgumentException where a network is not one
     */
    public static ClusterReach of(DeploymentPolicy.Kubernetes policy) {
        return new ClusterReach(policy);
    }

    boolean insecureTlsAllowed() {
        return insecureTlsAllowed;
    }

    /** Why a host may not be reached, going by what it is called; empty where it may. Nothing is resolved. */
    Optional<String> hostFault(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        if (!allowedHosts.isEmpty() && allowedHosts.stream().noneMatch(allowed -> matches(name, allowed))) {
            return Optional.of(
                    "its host is not among those that the operator allows in" + " RELIABLY_KUBERNETES_ALLOWED_HOSTS");
        }
        if (!AddressLiteral.is(name)) {
            return Optional.empty();
        }
        return AddressLiteral.parse(name)
                .map(this::addressFault)
                .orElseGet(() -> Optional.of("its address is written in an unusual way; write it as in '10.0.0.1'"));
    }

    /** The networks that no connection to a cluster is made into, whatever name leads there. */
    public List<NetworkRange> refusedNetworks() {
        return refused;
    }

    /** Why an address may not be reached; empty where it may. */
    private Optional<String> addressFault(InetAddress address) {
        return refused.stream().anyMatch(network -> network.contains(address))
                ? Optional.of("its address is in a network that the operator refuses in " + REFUSED_NETWORKS)
                : Optional.empty();
    }

    /** The proxy, where the operator allows it. */
    Optional<URI> allowedProxy(String url) {
        return allowedProxies.stream()
                .filter(allowed -> withoutSlash(allowed).equals(withoutSlash(url)))
                .findFirst()
                .map(URI::create);
    }

    private static String withoutSlash(String url) {
        return HostPaths.withoutSlashesAtEnd(url.strip());
    }

    private static boolean matches(String host, String allowed) {
        return allowed.startsWith("*.")
                ? host.endsWith(allowed.substring(1)) && host.length() > allowed.length() - 1
                : host.equals(allowed);
    }
}
