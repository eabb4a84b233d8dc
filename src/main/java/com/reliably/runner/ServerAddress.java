package com.reliably.runner;

import com.reliably.start.Loopback;
import com.reliably.start.PublicUrl;
import io.quarkus.vertx.http.HttpServer;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Where this very server listens, seen from its own host. */
@Singleton
public final class ServerAddress {

    private final HttpServer server;
    private final PublicUrl publicUrl;
    private final String listensOn;
    private final String host;

    ServerAddress(HttpServer server, PublicUrl publicUrl, @ConfigProperty(name = "quarkus.http.host") String host) {
        this.server = server;
        this.publicUrl = publicUrl;
        this.listensOn = host;
        // What listens on every address is reached on the loopback one.
        this.host = listensEverywhere(host) || host.equals("localhost") ? "127.0.0.1" : host;
    }

    private static boolean listensEverywhere(String host) {
        return host.equals("0.0.0.0") || host.equals("::");
    }

    /**
     * The address with scheme and port. The port is known once the server listens, which it does before any run. Where plain HTTP
     * is not answered it is the public URL, whose name the certificate has.
     */
    public String url() {
        return publicUrl.isTlsDemanded() ? publicUrl.value() : urlAt(host.contains(":") ? "[" + host + "]" : host);
    }

    /** The same under another name of this host, for those who see it from elsewhere. */
    public String urlAt(String name) {
        return publicUrl.isTlsDemanded()
                ? "https://" + name + ":" + server.getSecurePort()
                : "http://" + name + ":" + server.getPort();
    }

    /**
     * The reason why others than this host may not reach the server, with the remedy, for a message that ends there.
     *
     * @return empty text where the server listens on more than the loopback address
     */
    public String reachedFromThisHostOnly() {
        return Loopback.names(listensOn)
                ? " This server listens on " + listensOn
                        + " only, which others than its own host do not reach, unless a proxy"
                        + " on that host passes it on: let it listen on more with QUARKUS_HTTP_HOST, as in 0.0.0.0 for every"
                        + " address (docs/operations.md has what to think of then)."
                : "";
    }
}
