package com.reliably.deployment;

import com.reliably.outbound.UrlHost;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/**
 * Where a Docker engine listens, as Docker's own command line has it in {@code DOCKER_HOST}.
 *
 * @param text {@code unix:///path} or {@code tcp://host[:port]}, without anything behind it
 */
public record EngineAddress(String text) {

    private static final String UNIX = "unix://";
    private static final String TCP = "tcp://";
    private static final int PLAIN_PORT = 2375;
    private static final int TLS_PORT = 2376;

    /**
     * Reads an address.
     *
     * @throws IllegalArgumentException saying what is wrong with it
     */
    public static EngineAddress of(String text) {
        fault(text).ifPresent(m -> {
            throw new IllegalArgumentException(m + "; it is '" + text + "'");
        });
        return new EngineAddress(HostPaths.withoutSlashesAtEnd(text));
    }

    /** What is wrong with an address; empty where nothing is. */
    static Optional<String> fault(String text) {
        if (text.startsWith(UNIX)) {
            return HostPaths.absoluteFault(text.substring(UNIX.length()));
        }
        if (text.startsWith("ssh://")) {
            return Optional.of(
                    "Engines behind ssh are not reached; use one with TLS, as in 'tcp://docker.example.com:2376'");
        }
        return text.startsWith(TCP) && isHostAndPort(text)
                ? Optional.empty()
                : Optional.of("An engine's address looks like 'tcp://docker.example.com:2376' or"
                        + " 'unix:///var/run/docker.sock'");
    }

    private static boolean isHostAndPort(String text) {
        try {
            URI address = URI.create(HostPaths.withoutSlashesAtEnd(text));
            return UrlHost.of(address) != null
                    && !UrlHost.hasUser(address)
                    && address.getRawPath().isEmpty()
                    && address.getRawQuery() == null
                    && address.getRawFragment() == null
                    && UrlHost.portOf(address, PLAIN_PORT) <= 65535;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Why a deployment may not use an address; empty where it may. */
    static Optional<String> notAllowed(String text, Optional<List<String>> allowed) {
        String wanted = HostPaths.withoutSlashesAtEnd(text);
        if (allowed.orElse(List.of()).stream()
                .map(address -> HostPaths.withoutSlashesAtEnd(address.strip()))
                .anyMatch(wanted::equals)) {
            return Optional.empty();
        }
        return Optional.of("This server allows deployments "
                + allowed.map(some -> "these engines: " + String.join(", ", some))
                        .orElse("no engine but its own")
                + "; its operator can allow more in RELIABLY_DOCKER_ALLOWED_ENGINES");
    }

    /** Whether the engine listens at a socket of this host, and so, as a rule, runs on it. */
    public boolean isLocal() {
        return text.startsWith(UNIX);
    }

    /** The path of the socket of a local engine. */
    public String path() {
        return text.substring(UNIX.length());
    }

    /** The host of an engine elsewhere. */
    public String host() {
        String host = UrlHost.of(URI.create(text));
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /** The port of an engine elsewhere; the usual one where the address names none. */
    public int port(boolean tls) {
        return UrlHost.portOf(URI.create(text), tls ? TLS_PORT : PLAIN_PORT);
    }

    @Override
    public String toString() {
        return text;
    }
}
