package com.reliably.runner.cli;

import static com.reliably.runner.cli.RelayClient.ORG;
import static com.reliably.runner.cli.RelayClient.RESULTS;
import static com.reliably.runner.cli.RelayClient.STATE;
import static com.reliably.runner.cli.RelayClient.STATUS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.Command;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The relay of a launcher, whose server is reached by TLS, or through a proxy. */
@Timeout(240)
class RelayUpstreamTest {

    /** Nothing that looks names up knows it (RFC 6761). */
    private static final String UNKNOWN_NAME = "server.reliably.invalid";

    private static final char[] PASSWORD = "pass-word".toCharArray();

    @TempDir
    static Path shared;

    static SSLContext tls;
    static Path certificate;

    @TempDir
    Path temporary;

    private StandInServer server;
    private TunnelProxy proxy;
    private LaunchedRun run;

    @BeforeAll
    static void makeCertificate() throws Exception {
        Path store = shared.resolve("store.p12");
        String keytool =
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        Command.Result made = Command.of(
                        keytool,
                        "-genkeypair",
                        "-keystore",
                        store.toString(),
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        new String(PASSWORD),
                        "-alias",
                        "server",
                        "-keyalg",
                        "RSA",
                        "-dname",
                        "CN=server",
                        "-ext",
                        "san=dns:localhost,dns:" + UNKNOWN_NAME,
                        "-validity",
                        "2")
                .run();
        assertEquals(0, made.exitCode(), made.output());
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        certificate = shared.resolve("server.pem");
        Files.writeString(
                certificate,
                "-----BEGIN CERTIFICATE-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'})
                                .encodeToString(keys.getCertificate("server").getEncoded())
                        + "\n-----END CERTIFICATE-----\n");
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD);
        tls = SSLContext.getInstance("TLS");
        tls.init(managers.getKeyManagers(), null, null);
    }

    @BeforeEach
    void start() throws IOException {
        server = new StandInServer(tls);
        proxy = new TunnelProxy(server.port());
    }

    @AfterEach
    void stop() throws IOException {
        if (run != null) {
            run.close();
        }
        proxy.close();
        server.close();
    }

    /** A run whose server has this URL, and whose client has these variables. */
    private RelayClient run(String url, Map<String, String> variables) throws IOException {
        run = new LaunchedRun(
                temporary, RelayClient.SCRIPT, url, Map.of("handover_seconds", 60), variables, List.of(), List.of());
        return new RelayClient(run);
    }

    private String byName() {
        return "https://localhost:" + server.port();
    }

    private Map<String, String> trusting(Map<String, String> others) {
        Map<String, String> variables = new HashMap<>(others);
        variables.put("SSL_CERT_FILE", certificate.toString());
        return variables;
    }

    @Test
    void reportsGoByTlsAndAreKeptWhileTheServerIsAway() throws Exception {
        RelayClient client = run(byName(), trusting(Map.of()));
        assertEquals("null", client.put(RESULTS, "0"));
        server.goAway();
        client.put(STATE, "1");
        client.put(RESULTS, "2");
        assertEquals(2, run.directory().reportsNotHandedOver());
        server.comeBack();
        await().until(() -> run.directory().reportsNotHandedOver() == 0);
        // The first may have been on its way when the server went away, and is told again then.
        List<String> bodies =
                server.had().stream().map(StandInServer.Had::body).distinct().toList();
        assertEquals(List.of("0", "1", "2"), bodies);
        end("exited");
        assertTrue(run.output().contains("see https://localhost:" + server.port() + "/api"), run.output());
    }

    @Test
    void aServerWhoseCertificateIsNotTrustedIsToldNothing() throws Exception {
        assertToldNothing(run(byName(), Map.of()));
    }

    @Test
    void norIsOneWhoseCertificateIsForAnotherName() throws Exception {
        assertToldNothing(run(server.url(), trusting(Map.of())));
    }

    private void assertToldNothing(RelayClient client) throws Exception {
        for (String path : List.of(RESULTS, STATE)) {
            HttpResponse<String> answer = client.send("PUT", path, "{}");
            assertEquals(502, answer.statusCode());
            assertTrue(answer.body().contains("certificate of the server is not trusted"), answer.body());
        }
        assertEquals(502, client.send("GET", ORG + "/plans/p", null).statusCode());
        assertEquals(List.of(), server.had());
        assertEquals(0, run.directory().reportsNotHandedOver());
    }

    @Test
    void aProxyIsAskedForATunnelAndSeesNothingElse() throws Exception {
        RelayClient client = run(
                "https://" + UNKNOWN_NAME + ":8443",
                trusting(Map.of("HTTPS_PROXY", "http://me:pass%20word@127.0.0.1:" + proxy.port())));
        assertEquals("null", client.put(RESULTS, "through"));
        assertEquals("PUT " + RESULTS, server.lines().get(0));
        String login = Base64.getEncoder().encodeToString("me:pass word".getBytes(StandardCharsets.US_ASCII));
        for (String head : proxy.asked()) {
            assertTrue(head.startsWith("CONNECT " + UNKNOWN_NAME + ":8443 HTTP/1."), head);
            assertTrue(head.contains("Proxy-Authorization: Basic " + login + "\r\n"), head);
            assertTrue(!head.contains(LaunchedRun.TOKEN), "the run's token is none of the proxy's business");
        }
        assertEquals("127.0.0.1", client.noProxy(), "the client itself reaches the relay directly");
    }

    @Test
    void whatNeedsNoProxyIsReachedDirectly() throws Exception {
        RelayClient client = run(
                "https://" + UNKNOWN_NAME + ":8443",
                trusting(Map.of(
                        "HTTPS_PROXY",
                        "http://127.0.0.1:" + proxy.port(),
                        "NO_PROXY",
                        "other.example,.reliably.invalid")));
        // Nobody knows that name, so that the server counts as away.
        client.put(STATUS, "{}");
        assertEquals(1, run.directory().reportsNotHandedOver());
        assertEquals(List.of(), proxy.asked());
        assertEquals("other.example,.reliably.invalid,127.0.0.1", client.noProxy());
    }

    @Test
    void whatListensOnThisMachineNeedsNoProxy() throws Exception {
        RelayClient client =
                run(byName(), trusting(Map.of("https_proxy", "http://127.0.0.1:9", "ALL_PROXY", "http://127.0.0.1:9")));
        assertEquals("null", client.put(RESULTS, "direct"));
        assertEquals(List.of("PUT " + RESULTS), server.lines());
    }

    @Test
    void aProxyIsToldTheWholeAddressWhereThereIsNoTls() throws Exception {
        try (StandInServer plain = new StandInServer()) {
            RelayClient client =
                    run("http://" + UNKNOWN_NAME + ":8080/behind", Map.of("HTTP_PROXY", "127.0.0.1:" + plain.port()));
            assertEquals("null", client.put(RESULTS, "through"));
            assertTrue(
                    plain.lines().contains("PUT http://" + UNKNOWN_NAME + ":8080/behind" + RESULTS),
                    plain.lines().toString());
        }
    }

    private void end(String reason) throws Exception {
        Files.createFile(run.file("workspace/end"));
        assertEquals(reason, run.result().reason());
    }
}
