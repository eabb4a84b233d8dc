package com.reliably.runner.cli;

import io.quarkus.vertx.http.HttpServer;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Where this very server listens, seen from its own host. */
@Singleton
final class ServerAddress {

    private final HttpServer server;
    private final String host;

    ServerAddress(HttpServer server, @ConfigProperty(name = "quarkus.http.host") String host) {
        this.server = server;
        // What listens on every address is reached on the loopback one.
        this.host = host.equals("0.0.0.0") || host.equals("::") || host.equals("localhost") ? "127.0.0.1" : host;
    }

    /** The address with scheme and port. The port is known once the server listens, which it does before any run. */
    String url() {
        return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + server.getPort();
    }
}
