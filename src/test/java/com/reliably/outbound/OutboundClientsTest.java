package com.reliably.outbound;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.instanceOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.RequestOptions;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Connections, seen from their other end, where names lead elsewhere at each look-up. */
class OutboundClientsTest {

    private final Vertx vertx = Vertx.vertx();
    private final List<String> hosts = new CopyOnWriteArrayList<>();
    private final List<String> inner = new CopyOnWriteArrayList<>();
    private final HttpServer open = serve("127.0.0.1", 0, hosts);

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private HttpServer serve(String address, int port, List<String> asked) {
        return vertx.createHttpServer()
                .requestHandler(request -> {
                    asked.add(request.getHeader("Host"));
                    if (request.path().equals("/elsewhere")) {
                        request.response()
                                .setStatusCode(302)
                                .putHeader(
                                        "Location",
                                        "http://127.0.0.2:"
                                                + request.localAddress().port() + "/")
                                .end();
                    } else {
                        request.response().end("here");
                    }
                })
                .listen(port, address)
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    private String get(HttpClient client, String host, String path) {
        return client.request(new RequestOptions()
                        .setMethod(HttpMethod.GET)
                        .setHost(host)
                        .setPort(open.actualPort())
                        .setURI(path)
                        .setFollowRedirects(true))
                .compose(HttpClientRequest::send)
                .compose(HttpClientResponse::body)
                .map(Buffer::toString)
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    private static Throwable failureOf(Runnable request) {
        return assertThrows(CompletionException.class, request::run).getCause();
    }

    /** The name is looked up once for each request; the address of that very look-up is connected to. */
    @Test
    void aNameThatLeadsElsewhereAtTheNextLookUpIsOfNoUse() throws Exception {
        InetAddress refused = InetAddress.getByName("169.254.169.254");
        InetAddress good = InetAddress.getByName("127.0.0.1");
        Queue<InetAddress> next = new ArrayDeque<>(List.of(good, refused, good));
        HttpClient client = TestOutbound.usual()
                .resolving(host -> List.of(next.remove()))
                .clients()
                .client(vertx, new HttpClientOptions(), OutboundRules.ofTenant());
        assertEquals("here", get(client, "k8s.example.com", "/"));
        assertThat(failureOf(() -> get(client, "k8s.example.com", "/")), instanceOf(RefusedAddress.class));
        assertEquals("here", get(client, "k8s.example.com", "/"));
        assertEquals(List.of(), List.copyOf(next));
        // By its name, to one that has several.
        assertEquals("k8s.example.com:" + open.actualPort(), hosts.get(0));
    }

    /** A connection that is kept is one to the address that was decided about. */
    @Test
    void aKeptConnectionIsNotUsedForAnotherAddress() throws Exception {
        serve("127.0.0.2", open.actualPort(), inner);
        Queue<InetAddress> next =
                new ArrayDeque<>(List.of(InetAddress.getByName("127.0.0.1"), InetAddress.getByName("127.0.0.2")));
        HttpClient client = TestOutbound.usual()
                .resolving(host -> List.of(next.remove()))
                .clients()
                .client(vertx, new HttpClientOptions(), OutboundRules.ofTenant());
        get(client, "k8s.example.com", "/");
        get(client, "k8s.example.com", "/");
        assertEquals(List.of(1, 1), List.of(hosts.size(), inner.size()));
    }

    @Test
    void redirectsAreNotFollowedWhateverIsAskedFor() {
        serve("127.0.0.2", open.actualPort(), inner);
        HttpClient client =
                TestOutbound.usual().clients().client(vertx, new HttpClientOptions(), OutboundRules.ofTenant());
        assertEquals("", get(client, "127.0.0.1", "/elsewhere"));
        assertEquals(List.of(), inner);
    }

    @Test
    void theSecondOrganizationChangesWhatMayBeReachedAtOnce() {
        TestOutbound outbound = TestOutbound.usual();
        HttpClient client = outbound.clients().client(vertx, new HttpClientOptions(), OutboundRules.ofTenant());
        assertEquals("here", get(client, "127.0.0.1", "/"));
        outbound.withOrganizations(2);
        assertThat(failureOf(() -> get(client, "127.0.0.1", "/")), instanceOf(RefusedAddress.class));
        assertEquals(1, hosts.size());
    }

    @Test
    void nothingIsSaidOfWhatIsNearby() {
        int closed = open.actualPort();
        open.close().toCompletionStage().toCompletableFuture().join();
        HttpClient client =
                TestOutbound.usual().clients().client(vertx, new HttpClientOptions(), OutboundRules.ofTenant());
        Throwable failure = failureOf(() -> client.request(HttpMethod.GET, closed, "127.0.0.1", "/")
                .toCompletionStage()
                .toCompletableFuture()
                .join());
        assertThat(failure, instanceOf(NearbyFailure.class));
        assertEquals(null, failure.getCause());
    }

    @Test
    void whatCannotBeGuardedIsNotToBeHad() {
        Vertx guarded = TestOutbound.usual().clients().guarded(vertx, OutboundRules.ofTenant());
        assertThrows(UnsupportedOperationException.class, guarded::createNetClient);
        assertThrows(UnsupportedOperationException.class, guarded::createWebSocketClient);
        assertThat(
                failureOf(() -> guarded.createHttpClient(new HttpClientOptions())
                        .webSocket(open.actualPort(), "127.0.0.1", "/")
                        .toCompletionStage()
                        .toCompletableFuture()
                        .join()),
                instanceOf(UnsupportedOperationException.class));
    }
}
