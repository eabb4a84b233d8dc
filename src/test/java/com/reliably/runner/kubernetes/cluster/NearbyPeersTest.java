package com.reliably.runner.kubernetes.cluster;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.reliably.deployment.KubernetesJobDefinition;
import com.reliably.outbound.TestOutbound;
import com.reliably.runner.kubernetes.cluster.ClusterClientTest.Certificate;
import com.reliably.testing.RealCluster;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PfxOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kubeconfigs that name what listens on the server's own machine. Whatever that is, as long as it is no API server, the answer
 * is the same, takes the same time, and leaves nothing in the operator's log.
 */
class NearbyPeersTest {

    private static final UUID ORG = UUID.fromString("6a4a6c1e-7d3c-4f0e-9b3e-0d6b8f2a1c11");
    private static final Duration SOON = Duration.ofSeconds(60);
    /** Of the time that {@link TestClusters} gives an API server; a machine may stand still. */
    private static final long MOST_APART_MILLIS = 2_000;

    private final Vertx vertx = Vertx.vertx();

    @TempDir
    static Path directory;

    private static Certificate certificate;
    private static Certificate other;

    private final TestOutbound outbound = TestOutbound.usual();
    private TestClusters test = TestClusters.nearby(outbound);
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final ErrorLog log = new ErrorLog();

    @BeforeAll
    static void makeCertificates() throws IOException {
        certificate = Certificate.of(directory, "dns:localhost");
        other = Certificate.of(directory, "dns:other.example.com");
    }

    @AfterEach
    void close() {
        test.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
        log.close();
    }

    /** What of the log an operator is alarmed by: errors, and anything with a stack trace. */
    private static final class ErrorLog extends Handler implements AutoCloseable {

        private final List<String> records = new CopyOnWriteArrayList<>();

        ErrorLog() {
            setLevel(Level.ALL);
            Logger.getLogger("").addHandler(this);
        }

        @Override
        public void publish(LogRecord log) {
            if (log.getLevel().intValue() >= Level.SEVERE.intValue()
                    || log.getThrown() != null && log.getLevel().intValue() >= Level.INFO.intValue()) {
                records.add(log.getLoggerName() + ": " + log.getMessage() + " " + log.getThrown());
            }
        }

        @Override
        public void flush() {
            // Nothing is kept back.
        }

        @Override
        public void close() {
            Logger.getLogger("").removeHandler(this);
        }
    }

    private int serve(Certificate shown, Consumer<HttpServerRequest> answer) {
        HttpServerOptions options = new HttpServerOptions();
        if (shown != null) {
            options.setSsl(true)
                    .setKeyCertOptions(
                            new PfxOptions().setPath(shown.store().toString()).setPassword("changeit"));
        }
        return vertx.createHttpServer(options)
                .requestHandler(request -> {
                    asked.add(request.uri());
                    answer.accept(request);
                })
                // Its own end of a connection is none of the server's.
                .connectionHandler(connection -> connection.exceptionHandler(ignored -> {}))
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join()
                .actualPort();
    }

    private int speak(String greeting) {
        return vertx.createNetServer()
                .connectHandler(socket -> {
                    socket.exceptionHandler(ignored -> {});
                    if (!greeting.isEmpty()) {
                        socket.write(greeting);
                    }
                })
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join()
                .actualPort();
    }

    private static void answer(HttpServerRequest request, int status, String body) {
        request.response()
                .setStatusCode(status)
                .putHeader("Content-Type", "application/json")
                .end(body);
    }

    private static String kubeconfig(int port) {
        return RealCluster.kubeconfig(
                "{server: 'https://localhost:" + port + "', certificate-authority-data: " + certificate.authority()
                        + "}",
                "{token: t}");
    }

    private String version(int port) {
        return test.clusters()
                .call(
                        ORG,
                        new KubernetesJobDefinition(true, "image", "n", null, kubeconfig(port), false),
                        client -> client.getKubernetesVersion().getGitVersion())
                .await()
                .atMost(SOON);
    }

    private int list(int port) {
        return test.clusters()
                .call(
                        ORG,
                        new KubernetesJobDefinition(true, "image", "n", null, kubeconfig(port), false),
                        client ->
                                client.pods().inNamespace("n").list().getItems().size())
                .await()
                .atMost(SOON);
    }

    @Test
    void theSameIsSaidOfWhateverIsNoApiServer() {
        int closed = speak("");
        Map<String, Integer> peers = new LinkedHashMap<>();
        peers.put("text", speak("SSH-2.0-s3cr3t banner\r\n"));
        peers.put("silent", speak(""));
        peers.put("plain HTTP", serve(null, request -> answer(request, 200, "s3cr3t")));
        peers.put("another certificate", serve(other, request -> answer(request, 200, "s3cr3t")));
        peers.put("404 text", serve(certificate, request -> answer(request, 404, "s3cr3t")));
        peers.put("404 JSON", serve(certificate, request -> answer(request, 404, "{\"error\":\"s3cr3t\"}")));
        peers.put("200 JSON", serve(certificate, request -> answer(request, 200, "{\"users\":[\"s3cr3t\"]}")));
        peers.put("401", serve(certificate, request -> answer(request, 401, "s3cr3t")));
        peers.put("403", serve(certificate, request -> answer(request, 403, "{\"message\":\"s3cr3t\"}")));
        peers.put("500", serve(certificate, request -> answer(request, 500, "{\"reason\":\"s3cr3t\"}")));
        peers.put("redirect", serve(certificate, request -> request.response()
                .setStatusCode(302)
                .putHeader("Location", "https://localhost:" + closed + "/s3cr3t")
                .end()));
        peers.put("cut", serve(certificate, request -> request.connection().close()));
        peers.put("never", serve(certificate, request -> {}));
        peers.put("own listener", serve(certificate, request -> answer(request, 200, "{}")));
        outbound.listening(peers.get("own listener"));
        peers.put("closed", 9);

        Map<String, String> said = new ConcurrentHashMap<>();
        Map<String, Long> took = new ConcurrentHashMap<>();
        CompletableFuture.allOf(peers.entrySet().stream()
                        .map(peer -> CompletableFuture.runAsync(
                                () -> {
                                    long begin = System.nanoTime();
                                    Throwable failure = assertThrows(
                                            ClusterFailure.class, () -> version(peer.getValue()), peer.getKey());
                                    took.put(
                                            peer.getKey(),
                                            Duration.ofNanos(System.nanoTime() - begin)
                                                    .toMillis());
                                    said.put(
                                            peer.getKey(),
                                            failure.getMessage().replace(":" + peer.getValue() + ".", ":PORT."));
                                },
                                work -> new Thread(work).start()))
                        .toArray(CompletableFuture[]::new))
                .join();
        assertEquals(peers.keySet(), said.keySet());
        assertEquals(1, new TreeSet<>(said.values()).size(), said.toString());
        assertThat(said.toString(), not(containsString("s3cr3t")));
        assertThat(said.get("closed"), containsString("This server reaches no API server at https://localhost:PORT."));
        assertThat(said.get("closed"), containsString("RELIABLY_OUTBOUND_LOOPBACK_ALLOWED"));
        List<Long> times = new ArrayList<>(new TreeSet<>(took.values()));
        assertThat(took.toString(), times.get(times.size() - 1) - times.get(0), lessThan(MOST_APART_MILLIS));
        assertEquals(List.of(), log.records);
    }

    @Test
    void anApiServerIsReachedAndQuoted() {
        int port = serve(certificate, request -> {
            if (request.uri().equals("/version")) {
                answer(request, 200, "{\"major\":\"1\",\"minor\":\"34\",\"gitVersion\":\"v1.34.0\"}");
            } else {
                answer(
                        request,
                        403,
                        "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"Forbidden\","
                                + "\"message\":\"not for you\",\"code\":403}");
            }
        });
        assertEquals("v1.34.0", version(port));
        Throwable failure = assertThrows(ClusterFailure.Forbidden.class, () -> test.clusters()
                .call(
                        ORG,
                        new KubernetesJobDefinition(true, "image", "n", null, kubeconfig(port), false),
                        client -> client.pods().inNamespace("n").list())
                .await()
                .atMost(SOON));
        assertThat(failure.getMessage(), containsString("not for you"));
    }

    @Test
    void nothingIsAskedOnceThereIsASecondOrganization() {
        int port = serve(
                certificate,
                request -> answer(request, 200, "{\"major\":\"1\",\"minor\":\"34\",\"gitVersion\":\"v1.34.0\"}"));
        assertEquals("v1.34.0", version(port));
        int before = asked.size();
        outbound.withOrganizations(2);
        Throwable failure = assertThrows(ClusterFailure.NotAllowed.class, () -> version(port));
        assertThat(failure.getMessage(), containsString("This server reaches no API server at"));
        assertEquals(before, asked.size());
    }

    /** Elsewhere, what goes wrong is told, but never in the words of whatever it is that answers. */
    @Test
    void whatIsNoApiServerElsewhereIsNotQuotedEither() {
        test.close();
        test = TestClusters.usual();
        Map<Integer, String> peers = new LinkedHashMap<>();
        peers.put(speak("SSH-2.0-s3cr3t banner\r\n"), "it does not speak TLS");
        peers.put(serve(other, request -> answer(request, 200, "s3cr3t")), "its certificate is of another authority");
        peers.put(serve(certificate, request -> answer(request, 404, "s3cr3t")), "not answer as an API server does");
        peers.put(
                serve(certificate, request -> answer(request, 404, "{\"error\":\"s3cr3t\"}")),
                "not answer as an API server does");
        peers.put(serve(certificate, request -> answer(request, 403, "{\"message\":\"s3cr3t\"}")), "403");
        peers.put(serve(certificate, request -> answer(request, 200, "s3cr3t")), "no API server");
        peers.put(9, "the connection is refused");
        for (Map.Entry<Integer, String> peer : peers.entrySet()) {
            Throwable failure = assertThrows(ClusterFailure.class, () -> list(peer.getKey()), peer.getValue());
            assertThat(failure.getMessage(), containsString(peer.getValue()));
            assertThat(failure.getMessage(), not(containsString("s3cr3t")));
            assertThat(failure.getMessage(), not(containsString("5353482d")));
        }
        assertEquals(List.of(), log.records);
    }
}
