package com.reliably.outbound;

import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The way out as the server makes it, without the server. */
public final class TestOutbound {

    private static final Vertx VERTX = Vertx.vertx();

    private final Set<Integer> listeners = new HashSet<>();
    private String database = "postgresql://127.0.0.1:1/reliably";
    private Optional<Boolean> loopbackAllowed = Optional.empty();
    private volatile boolean several;
    private HostResolver resolver = HostResolver.SYSTEM;
    private boolean elsewhere;

    private TestOutbound() {}

    /** Where the operator says nothing, with one organization. */
    public static TestOutbound usual() {
        return new TestOutbound();
    }

    /** The same on a machine that takes none of its addresses for its own: what listens in a test is elsewhere then. */
    public static TestOutbound elsewhere() {
        TestOutbound outbound = new TestOutbound();
        outbound.elsewhere = true;
        return outbound;
    }

    /** For clients that do not last. */
    public static Vertx vertx() {
        return VERTX;
    }

    public TestOutbound listening(int port) {
        listeners.add(port);
        return this;
    }

    public TestOutbound withDatabase(String url) {
        database = url;
        return this;
    }

    public TestOutbound withLoopback(boolean allowed) {
        loopbackAllowed = Optional.of(allowed);
        return this;
    }

    public TestOutbound withOrganizations(int number) {
        several = number > 1;
        return this;
    }

    public TestOutbound resolving(HostResolver with) {
        resolver = with;
        return this;
    }

    public OutboundClients clients() {
        return new OutboundClients(new OutboundPolicy(
                new Settings(List.of(OutboundSettings.DEFAULT_REFUSED_NETWORKS.split(",")), loopbackAllowed),
                () -> several,
                new Places(),
                resolver));
    }

    private final class Places extends ServerPlaces {

        Places() {
            super(() -> listeners, () -> Stream.of(database));
        }

        @Override
        boolean isThisMachine(InetAddress address) {
            return !elsewhere && super.isThisMachine(address);
        }
    }

    private record Settings(List<String> refusedNetworks, Optional<Boolean> loopbackAllowed)
            implements OutboundSettings {}
}
