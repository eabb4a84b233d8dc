package com.reliably.runner;

import io.quarkus.vertx.http.HttpServer;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Where this very server listens, seen from its own host. */
@Singleton
public final class ServerAddress {

    private final HttpServer server;
    private final String host;

    ServerAddress(HttpServer server, @ConfigProperty(name = "quarkus.http.host") String host) {
        this.server = server;
        // What listens on every address is reached on the loopback one.
        this.host = listensEverywhere(host) || host.equals("localhost") ? "127.0.0.1" : host;
    }

    private static boolean listensEverywhere(String host) {
        return host.equals("0.0.0.0") || host.equals("::");
    }

    /** The address with scheme and port. The port is known once the server listens, which it does before any run. */
    public String url() {
        return urlAt(host.contains(":") ? "[" + host + "]" : host);
    }

    /** The same under another name of this host, for those who see it from elsewhere. */
    public String urlAt(String name) {
        return "http://" + name + ":" + server.getPort();
    }
}
