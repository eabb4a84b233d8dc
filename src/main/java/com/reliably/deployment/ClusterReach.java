package com.reliably.deployment;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which API servers the operator lets deployments reach. A kubeconfig is written by somebody who may not reach everything
 * that this server does; what it names is therefore looked at twice, by its name and by the addresses behind it.
 */
public final class ClusterReach {

    /** What is no name: an address in brackets, or digits and dots only, however few. */
    private static final Pattern LITERAL = Pattern.compile("\\[.*]|[0-9.]+|0[xX][0-9a-fA-F.xX]*");

    private static final Pattern IPV4 = Pattern.compile("(?:(?:0|[1-9][0-9]{0,2})\\.){3}(?:0|[1-9][0-9]{0,2})");

    private final List<String> allowedHosts;
    private final List<Network> refused;
    private final List<String> allowedProxies;
    private final boolean insecureTlsAllowed;

    private ClusterReach(DeploymentPolicy.Kubernetes policy) {
        this.allowedHosts = policy.allowedHosts().orElse(List.of()).stream()
                .map(host -> host.strip().toLowerCase(Locale.ROOT))
                .toList();
        this.refused = policy.refusedNetworks().stream().map(Network::parse).toList();
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
        if (!LITERAL.matcher(name).matches()) {
            return Optional.empty();
        }
        return addressOf(name)
                .map(this::addressFault)
                .orElseGet(() -> Optional.of("its address is written in an unusual way; write it as in '10.0.0.1'"));
    }

    /** Why an address may not be reached; empty where it may. */
    public Optional<String> addressFault(InetAddress address) {
        return refused.stream().anyMatch(network -> network.contains(address))
                ? Optional.of("its address is in a network that the operator refuses in"
                        + " RELIABLY_KUBERNETES_REFUSED_NETWORKS")
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

    /** The address that a literal stands for; empty for the forms that only some parsers know, as 127.1 or 0x7f000001. */
    private static Optional<InetAddress> addressOf(String literal) {
        String bare = literal.startsWith("[") ? literal.substring(1, literal.length() - 1) : literal;
        if (!bare.contains(":") && !IPV4.matcher(bare).matches()) {
            return Optional.empty();
        }
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(bare);
        try {
            return bytes == null ? Optional.empty() : Optional.of(InetAddress.getByAddress(bytes));
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    /** A network of IPv4 or IPv6. */
    private record Network(byte[] address, int bits) {

        /** The prefix under which NAT64 shows IPv4 addresses (RFC 6052). */
        private static final byte[] NAT64 = {0, 0x64, (byte) 0xff, (byte) 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};

        static Network parse(String text) {
            String[] parts = text.strip().split("/", -1);
            if (parts.length == 2 && LITERAL.matcher(bracketed(parts[0])).matches() && parts[1].matches("[0-9]{1,3}")) {
                Optional<InetAddress> address = addressOf(bracketed(parts[0]));
                int bits = Integer.parseInt(parts[1]);
                if (address.isPresent() && bits <= address.get().getAddress().length * 8) {
                    return new Network(address.get().getAddress(), bits);
                }
            }
            throw new IllegalArgumentException("RELIABLY_KUBERNETES_REFUSED_NETWORKS must be networks as in"
                    + " '169.254.0.0/16', separated by commas; '" + text + "' is not one");
        }

        private static String bracketed(String address) {
            return address.contains(":") ? "[" + address + "]" : address;
        }

        boolean contains(InetAddress other) {
            return contains(other.getAddress())
                    || embedded(other.getAddress()).stream().anyMatch(this::contains);
        }

        private boolean contains(byte[] other) {
            if (other.length != address.length) {
                return false;
            }
            for (int bit = 0; bit < bits; bit++) {
                int mask = 0x80 >> bit % 8;
                if ((other[bit / 8] & mask) != (address[bit / 8] & mask)) {
                    return false;
                }
            }
            return true;
        }

        private static List<byte[]> embedded(byte[] address) {
            List<byte[]> embedded = new ArrayList<>();
            if (address.length == 16 && Arrays.equals(address, 0, 12, NAT64, 0, 12)) {
                embedded.add(Arrays.copyOfRange(address, 12, 16));
            }
            return embedded;
        }
    }
}
