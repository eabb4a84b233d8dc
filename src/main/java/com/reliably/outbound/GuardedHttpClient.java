package com.reliably.outbound;

import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.http.WebsocketVersion;
import io.vertx.core.net.SSLOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Function;

/**
 * An HTTP client that resolves names itself, has the policy decide, and hands Vert.x' client the address rather than the
 * name: there is no second look-up. Vert.x keeps connections by address and name, so that a kept one was decided about too.
 * It cannot do that with web sockets, which are therefore not to be had.
 */
@SuppressWarnings("deprecation")
final class GuardedHttpClient implements HttpClient {

    private final Vertx vertx;
    private final HttpClient client;
    private final HttpClientOptions defaults;
    private final OutboundPolicy policy;
    private final OutboundRules rules;

    GuardedHttpClient(
            Vertx vertx, HttpClient client, HttpClientOptions defaults, OutboundPolicy policy, OutboundRules rules) {
        this.vertx = vertx;
        this.client = client;
        this.defaults = defaults;
        this.policy = policy;
        this.rules = rules;
    }

    @Override
    public Future<HttpClientRequest> request(RequestOptions asked) {
        SocketAddress given = asked.getServer();
        // A proxy is the operator's, and does the rest.
        if (given != null && given.isDomainSocket() || asked.getProxyOptions() != null) {
            return client.request(asked);
        }
        String host = asked.getHost() == null ? defaults.getDefaultHost() : asked.getHost();
        int port = asked.getPort() == null ? defaults.getDefaultPort() : asked.getPort();
        return OutboundClients.target(vertx, policy, host, port, rules).compose(target -> {
            Future<HttpClientRequest> request = client.request(pinned(asked, host, port, target));
            return target.nearby() ? request.recover(failure -> Future.failedFuture(new NearbyFailure())) : request;
        });
    }

    private RequestOptions pinned(RequestOptions asked, String host, int port, OutboundPolicy.Target target) {
        RequestOptions pinned = new RequestOptions(asked)
                .setServer(SocketAddress.inetSocketAddress(new InetSocketAddress(target.address(), port)))
                .setHost(host)
                .setPort(port)
                .setFollowRedirects(false);
        if (rules.tlsName() != null) {
            pinned.setHost(rules.tlsName());
            pinned.putHeader("Host", host + ":" + port);
        }
        return pinned;
    }

    @Override
    public Future<HttpClientRequest> request(HttpMethod method, int port, String host, String uri) {
        return request(new RequestOptions()
                .setMethod(method)
                .setPort(port)
                .setHost(host)
                .setURI(uri));
    }

    @Override
    public Future<HttpClientRequest> request(HttpMethod method, String host, String uri) {
        return request(method, defaults.getDefaultPort(), host, uri);
    }

    @Override
    public Future<HttpClientRequest> request(HttpMethod method, String uri) {
        return request(method, defaults.getDefaultHost(), uri);
    }

    @Override
    public void request(RequestOptions options, Handler<AsyncResult<HttpClientRequest>> handler) {
        request(options).onComplete(handler);
    }

    @Override
    public void request(
            HttpMethod method, int port, String host, String uri, Handler<AsyncResult<HttpClientRequest>> handler) {
        request(method, port, host, uri).onComplete(handler);
    }

    @Override
    public void request(HttpMethod method, String host, String uri, Handler<AsyncResult<HttpClientRequest>> handler) {
        request(method, host, uri).onComplete(handler);
    }

    @Override
    public void request(HttpMethod method, String uri, Handler<AsyncResult<HttpClientRequest>> handler) {
        request(method, uri).onComplete(handler);
    }

    @Override
    public Future<WebSocket> webSocket(WebSocketConnectOptions options) {
        return Future.failedFuture(new UnsupportedOperationException("Web sockets are not guarded"));
    }

    @Override
    public Future<WebSocket> webSocket(int port, String host, String uri) {
        return webSocket(new WebSocketConnectOptions());
    }

    @Override
    public Future<WebSocket> webSocket(String host, String uri) {
        return webSocket(new WebSocketConnectOptions());
    }

    @Override
    public Future<WebSocket> webSocket(String uri) {
        return webSocket(new WebSocketConnectOptions());
    }

    @Override
    public Future<WebSocket> webSocketAbs(
            String url, MultiMap headers, WebsocketVersion version, List<String> protocols) {
        return webSocket(new WebSocketConnectOptions());
    }

    @Override
    public void webSocket(int port, String host, String uri, Handler<AsyncResult<WebSocket>> handler) {
        webSocket(port, host, uri).onComplete(handler);
    }

    @Override
    public void webSocket(String host, String uri, Handler<AsyncResult<WebSocket>> handler) {
        webSocket(host, uri).onComplete(handler);
    }

    @Override
    public void webSocket(String uri, Handler<AsyncResult<WebSocket>> handler) {
        webSocket(uri).onComplete(handler);
    }

    @Override
    public void webSocket(WebSocketConnectOptions options, Handler<AsyncResult<WebSocket>> handler) {
        webSocket(options).onComplete(handler);
    }

    @Override
    public void webSocketAbs(
            String url,
            MultiMap headers,
            WebsocketVersion version,
            List<String> protocols,
            Handler<AsyncResult<WebSocket>> handler) {
        webSocketAbs(url, headers, version, protocols).onComplete(handler);
    }

    @Override
    public Future<Boolean> updateSSLOptions(SSLOptions options, boolean force) {
        return client.updateSSLOptions(options, force);
    }

    @Override
    public HttpClient connectionHandler(Handler<HttpConnection> handler) {
        client.connectionHandler(handler);
        return this;
    }

    /** Never asked: no redirect is followed. */
    @Override
    public HttpClient redirectHandler(Function<HttpClientResponse, Future<RequestOptions>> handler) {
        client.redirectHandler(handler);
        return this;
    }

    @Override
    public Function<HttpClientResponse, Future<RequestOptions>> redirectHandler() {
        return client.redirectHandler();
    }

    @Override
    public void close(Handler<AsyncResult<Void>> handler) {
        client.close(handler);
    }

    @Override
    public Future<Void> close() {
        return client.close();
    }

    @Override
    public boolean isMetricsEnabled() {
        return client.isMetricsEnabled();
    }
}
