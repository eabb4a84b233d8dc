package com.reliably.outbound;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The places of this server: the addresses of its machine, the ports that it listens on, and its database. */
public class ServerPlaces {

    private static final Pattern AUTHORITY = Pattern.compile("//(?:[^/?#@]*@)?([^/?#]*)");
    private static final Pattern HOST_AND_PORT = Pattern.compile("(\\[[^]]*]|[^:,\\[\\]]*)(?::([0-9]{1,5}))?");
    private static final int POSTGRES_PORT = 5432;

    private final Supplier<Set<Integer>> listeners;
    private final Supplier<List<Place>> database;

    /** A host and a port of it. */
    record Place(String host, int port) {}

    /**
     * A server.
     *
     * @param listeners    the ports that it listens on, as they are now
     * @param databaseUrls of its database, as they are now; with several hosts, perhaps
     */
    ServerPlaces(Supplier<Set<Integer>> listeners, Supplier<Stream<String>> databaseUrls) {
        this.listeners = listeners;
        this.database = () ->
                databaseUrls.get().flatMap(ServerPlaces::placesOf).distinct().toList();
    }

    static Stream<Place> placesOf(String databaseUrl) {
        Matcher authority = AUTHORITY.matcher(databaseUrl);
        if (!authority.find()) {
            return Stream.empty();
        }
        List<Place> places = new ArrayList<>();
        for (String one : authority.group(1).split(",")) {
            Matcher parts = HOST_AND_PORT.matcher(one.strip());
            if (parts.matches()) {
                String host = parts.group(1).isEmpty() ? "localhost" : AddressLiteral.bare(parts.group(1));
                places.add(new Place(host, parts.group(2) == null ? POSTGRES_PORT : Integer.parseInt(parts.group(2))));
            }
        }
        return places.stream();
    }

    /** Whether it is one of this server's own listeners, or its database. May wait for a name server. */
    boolean isOwn(InetAddress address, int port, HostResolver resolver) {
        boolean here = isThisMachine(address);
        return here && listeners.get().contains(port)
                || database.get().stream()
                        .filter(place -> place.port() == port)
                        .flatMap(place -> addressesOf(place, resolver))
                        .anyMatch(own -> own.equals(address) || here && isThisMachine(own));
    }

    private static Stream<InetAddress> addressesOf(Place place, HostResolver resolver) {
        Optional<InetAddress> literal = AddressLiteral.parse(place.host());
        if (literal.isPresent()) {
            return literal.stream();
        }
        try {
            return resolver.resolve(place.host()).stream();
        } catch (UnknownHostException e) {
            return Stream.empty();
        }
    }

    /** Whether an address, or one that is embedded in it, leads to this machine. */
    boolean isThisMachine(InetAddress address) {
        return EmbeddedAddresses.of(address).stream().anyMatch(one -> isLoopback(one) || isOfAnInterface(one));
    }

    /** An unspecified address leads to loopback on most systems. */
    static boolean isLoopback(InetAddress address) {
        return EmbeddedAddresses.of(address).stream()
                .anyMatch(one -> one.isLoopbackAddress() || one.isAnyLocalAddress());
    }

    private static boolean isOfAnInterface(InetAddress address) {
        try {
            return NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException e) {
            // Rather refuse to say something than say too much.
            return true;
        }
    }

    @Override
    public String toString() {
        return "ServerPlaces["
                + listeners.get().stream().sorted().map(String::valueOf).collect(Collectors.joining(",")) + "]";
    }
}
