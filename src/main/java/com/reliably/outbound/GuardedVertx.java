package com.reliably.outbound;

import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientBuilder;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.impl.VertxWrapper;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;

/** Vert.x, whose clients are guarded; those that cannot be are not to be had. */
final class GuardedVertx extends VertxWrapper {

    private final OutboundClients clients;
    private final OutboundRules rules;

    GuardedVertx(VertxInternal vertx, OutboundClients clients, OutboundRules rules) {
        super(vertx);
        this.clients = clients;
        this.rules = rules;
    }

    @Override
    public HttpClient createHttpClient(HttpClientOptions options) {
        return clients.client(delegate, options, rules);
    }

    @Override
    public HttpClientBuilder httpClientBuilder() {
        throw unguarded();
    }

    @Override
    public NetClient createNetClient(NetClientOptions options) {
        throw unguarded();
    }

    @Override
    public WebSocketClient createWebSocketClient(WebSocketClientOptions options) {
        throw unguarded();
    }

    private static UnsupportedOperationException unguarded() {
        return new UnsupportedOperationException("Only HTTP clients are guarded");
    }
}
