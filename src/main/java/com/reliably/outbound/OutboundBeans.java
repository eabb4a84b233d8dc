package com.reliably.outbound;

import com.reliably.organization.OrganizationCount;
import io.quarkus.vertx.http.HttpsServerStart;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;

/** Makes the clients of the server that is running: with its own settings, ports and database. */
@Singleton
final class OutboundBeans {

    private static final Set<String> HTTP = Set.of("quarkus.http.port", "quarkus.http.test-port");
    private static final Set<String> HTTPS = Set.of("quarkus.http.ssl-port", "quarkus.http.test-ssl-port");
    private static final Set<String> MANAGEMENT = Set.of("quarkus.management.port", "quarkus.management.test-port");
    private static final Set<String> DATABASES =
            Set.of("quarkus.datasource.reactive.url", "quarkus.datasource.jdbc.url");

    private final Config config;
    /** The defaults of ports that nobody listens on are those of many a cluster. */
    private final Set<String> settings = ConcurrentHashMap.newKeySet();

    OutboundBeans(Config config) {
        this.config = config;
        settings.addAll(HTTP);
        if (config.getOptionalValue("quarkus.management.enabled", Boolean.class).orElse(false)) {
            settings.addAll(MANAGEMENT);
        }
    }

    void listens(@ObservesAsync HttpsServerStart listening) {
        settings.addAll(HTTPS);
    }

    @Produces
    @Singleton
    OutboundClients clients(OutboundSettings outbound, OrganizationCount organizations) {
        return new OutboundClients(new OutboundPolicy(
                outbound,
                organizations::wasSeveral,
                new ServerPlaces(this::ports, this::databases),
                HostResolver.SYSTEM));
    }

    /** The settings have the ports that the system has chosen, once it has. */
    private Set<Integer> ports() {
        Set<Integer> ports = new TreeSet<>();
        for (String setting : settings) {
            config.getOptionalValue(setting, Integer.class)
                    .filter(port -> port > 0)
                    .ifPresent(ports::add);
        }
        return ports;
    }

    private Stream<String> databases() {
        return DATABASES.stream().flatMap(setting -> config.getOptionalValue(setting, String.class).stream());
    }
}
