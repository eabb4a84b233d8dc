package com.reliably.runner.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.deployment.ContainerDefinition;
import com.reliably.outbound.TestOutbound;
import com.reliably.testing.Command;
import com.reliably.testing.OnEveryJdk;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Engines over TLS, both for what docker-java asks and for what is streamed: that is, what certificates are accepted. */
@OnEveryJdk
class EnginesTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String PASSWORD = "pass-word";

    @TempDir
    static Path temporary;

    static Vertx vertx;
    static Material server;
    static Material client;

    /** A certificate that is its own authority, and its key, both PEM. */
    record Material(String cert, String key) {}

    private final Engines engines =
            new Engines(new NoSettings(), TestOutbound.usual().clients(), new ObjectMapper());

    @BeforeAll
    static void makeCertificates() throws Exception {
        vertx = Vertx.vertx();
        server = certificate("server", "localhost");
        client = certificate("client", "client.example.com");
    }

    @AfterAll
    static void closeVertx() {
        vertx.close();
    }

    private static Material certificate(String name, String host) throws Exception {
        Path store = temporary.resolve(name + ".p12");
        Command.Result made = Command.of(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keystore",
                        store.toString(),
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        PASSWORD,
                        "-alias",
                        name,
                        "-keyalg",
                        "RSA",
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "san=dns:" + host,
                        "-validity",
                        "2"))
                .run();
        assertEquals(0, made.exitCode(), made.output());
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        Key key = keys.getKey(name, PASSWORD.toCharArray());
        return new Material(
                pem("CERTIFICATE", keys.getCertificate(name).getEncoded()), pem("PRIVATE KEY", key.getEncoded()));
    }

    private static String pem(String kind, byte[] content) {
        return "-----BEGIN " + kind + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content) + "\n-----END " + kind
                + "-----\n";
    }

    /** What answers as an engine does, to whoever has the client's certificate. */
    private static HttpServer listen() throws Exception {
        return vertx.createHttpServer(new HttpServerOptions()
                        .setSsl(true)
                        .setClientAuth(ClientAuth.REQUIRED)
                        .setKeyCertOptions(new PemKeyCertOptions()
                                .setCertValue(Buffer.buffer(server.cert()))
                                .setKeyValue(Buffer.buffer(server.key())))
                        .setTrustOptions(new PemTrustOptions().addCertValue(Buffer.buffer(client.cert()))))
                .requestHandler(request -> request.response()
                        .end(request.path().equals("/version") ? "{\"Version\":\"1.2.3\"}" : "{\"StatusCode\":7}"))
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
    }

    private Engine engine(String host, int port, String ca, Material client) {
        ContainerDefinition.Engine engine = new ContainerDefinition.Engine(
                "tcp://" + host + ":" + port,
                ca,
                client == null ? null : client.cert(),
                client == null ? null : client.key());
        ContainerDefinition definition =
                new ContainerDefinition("image", null, null, null, null, engine, null, null, null, null, null);
        return engines.of(definition).await().atMost(SOON);
    }

    @Test
    void anEngineIsReachedWithTheDeploymentsCertificates() throws Exception {
        HttpServer listening = listen();
        Engine engine = engine("localhost", listening.actualPort(), server.cert(), client);
        assertEquals("1.2.3", engine.version().await().atMost(SOON).getVersion());
        assertEquals(7, engine.ended("some-id", SOON).await().atMost(SOON));
        engines.close();
        assertTrue(engine.isClosed());
        listening.close();
    }

    /** The name is looked up once for each request, whoever makes it; the address of that very look-up is connected to. */
    @Test
    void aNameThatLeadsElsewhereAtTheNextLookUpIsOfNoUse() throws Exception {
        List<String> first = new CopyOnWriteArrayList<>();
        List<String> other = new CopyOnWriteArrayList<>();
        int port = plain("127.0.0.1", 0, first).actualPort();
        plain("127.0.0.2", port, other);
        Queue<InetAddress> next = new ArrayDeque<>();
        for (String address : List.of("127.0.0.1", "169.254.169.254", "127.0.0.2", "127.0.0.1", "169.254.169.254")) {
            next.add(InetAddress.getByName(address));
        }
        Engines renamed = new Engines(
                new NoSettings(),
                TestOutbound.usual().resolving(host -> List.of(next.remove())).clients(),
                new ObjectMapper());
        ContainerDefinition.Engine named =
                new ContainerDefinition.Engine("tcp://engine.example.com:" + port, null, null, null);
        Engine engine = renamed.of(
                        new ContainerDefinition("image", null, null, null, null, named, null, null, null, null, null))
                .await()
                .atMost(SOON);

        assertEquals("1.2.3", engine.version().await().atMost(SOON).getVersion());
        EngineFailure refused =
                assertThrows(EngineFailure.class, () -> engine.version().await().atMost(SOON));
        assertTrue(refused.getMessage().contains("refused"), refused.getMessage());
        assertEquals("1.2.3", engine.version().await().atMost(SOON).getVersion());
        assertEquals(7, engine.ended("some-id", SOON).await().atMost(SOON));
        assertThrows(
                EngineFailure.class, () -> engine.ended("some-id", SOON).await().atMost(SOON));
        assertEquals(List.of(), List.copyOf(next));
        // By its name, to one that has several.
        assertEquals(List.of("engine.example.com:" + port, "engine.example.com:" + port), first);
        assertEquals(List.of("engine.example.com:" + port), other);
        renamed.close();
    }

    private static HttpServer plain(String address, int port, List<String> hosts) throws Exception {
        return vertx.createHttpServer()
                .requestHandler(request -> {
                    hosts.add(request.getHeader("Host"));
                    request.response()
                            .end(request.path().equals("/version") ? "{\"Version\":\"1.2.3\"}" : "{\"StatusCode\":7}");
                })
                .listen(port, address)
                .toCompletionStage()
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
    }

    @Test
    void whatIsNotTheEngineIsNotSpokenTo() throws Exception {
        HttpServer listening = listen();
        int port = listening.actualPort();
        assertRefused(engine("localhost", port, client.cert(), client), "another authority");
        assertRefused(engine("127.0.0.1", port, server.cert(), client), "another name");
        assertRefused(engine("localhost", port, server.cert(), null), "no certificate of ours");
        engines.close();
        listening.close();
    }

    private static void assertRefused(Engine engine, String why) {
        EngineFailure asked =
                assertThrows(EngineFailure.class, () -> engine.version().await().atMost(SOON), why);
        assertFalse(asked.isAnswer(), why);
        assertTrue(asked.getMessage().contains("cannot be reached"), asked.getMessage());
        EngineFailure streamed = assertThrows(
                EngineFailure.class, () -> engine.ended("some-id", SOON).await().atMost(SOON), why);
        assertFalse(streamed.isAnswer(), why);
    }

    @Test
    void materialThatIsNoneIsToldWithoutShowingIt() {
        Material broken = new Material(server.cert(), pem("PRIVATE KEY", new byte[] {1, 2, 3}));
        RuntimeException failure =
                assertThrows(RuntimeException.class, () -> engine("localhost", 1, server.cert(), broken));
        assertTrue(failure.getMessage().contains("TLS material"), failure.getMessage());
        assertFalse(failure.getMessage().contains("BEGIN"), failure.getMessage());
    }

    private record NoSettings() implements DockerSettings {

        @Override
        public Optional<String> host() {
            return Optional.empty();
        }

        @Override
        public Optional<String> certPath() {
            return Optional.empty();
        }

        @Override
        public Optional<String> callbackUrl() {
            return Optional.empty();
        }

        @Override
        public Duration timeout() {
            return Duration.ofHours(6);
        }

        @Override
        public Duration grace() {
            return Duration.ofSeconds(30);
        }

        @Override
        public int atOnce() {
            return 50;
        }
    }
}
