package com.reliably.outbound;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Decides about the very address that is about to be connected to. Its methods may wait for a name server. */
public class OutboundPolicy {

    private final List<NetworkRange> refused;
    private final Optional<Boolean> loopbackAllowed;
    private final BooleanSupplier severalOrganizations;
    private final ServerPlaces places;
    private final HostResolver resolver;

    /**
     * A policy.
     *
     * @param severalOrganizations as far as it is known now
     * @throws IllegalArgumentException where a network of the settings is not one
     */
    OutboundPolicy(
            OutboundSettings settings,
            BooleanSupplier severalOrganizations,
            ServerPlaces places,
            HostResolver resolver) {
        this.refused = settings.refusedNetworks().stream()
                .map(network -> NetworkRange.parse("RELIABLY_OUTBOUND_REFUSED_NETWORKS", network))
                .toList();
        this.loopbackAllowed = settings.loopbackAllowed();
        this.severalOrganizations = severalOrganizations;
        this.places = places;
        this.resolver = resolver;
    }

    /**
     * The address to connect to.
     *
     * @param nearby whether people may be told nothing of what goes wrong there
     */
    record Target(InetAddress address, boolean nearby) {}

    /**
     * Resolves a host, once, and decides about every address that it has.
     *
     * @param host a name, or a literal with or without brackets
     * @throws RefusedAddress       where any of its addresses may not be connected to
     * @throws UnknownHostException where it has none
     */
    Target target(String host, int port, OutboundRules rules) throws UnknownHostException {
        Optional<InetAddress> literal = AddressLiteral.parse(host);
        List<InetAddress> addresses =
                literal.isPresent() ? List.of(literal.get()) : resolver.resolve(AddressLiteral.bare(host));
        boolean nearby = false;
        for (InetAddress address : addresses) {
            if (isRefused(address, port, rules)) {
                throw new RefusedAddress();
            }
            nearby |=
                    rules.origin() == Origin.TENANT && (address.isLinkLocalAddress() || places.isThisMachine(address));
        }
        return new Target(addresses.get(0), nearby);
    }

    private boolean isRefused(InetAddress address, int port, OutboundRules rules) {
        return refused.stream().anyMatch(network -> network.contains(address))
                || rules.alsoRefused().stream().anyMatch(network -> network.contains(address))
                || rules.origin() == Origin.TENANT && ServerPlaces.isLoopback(address) && !isLoopbackAllowed()
                || places.isOwn(address, port, resolver);
    }

    private boolean isLoopbackAllowed() {
        return loopbackAllowed.orElseGet(() -> !severalOrganizations.getAsBoolean());
    }
}
