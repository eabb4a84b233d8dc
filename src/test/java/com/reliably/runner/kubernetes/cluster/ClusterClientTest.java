package com.reliably.runner.kubernetes.cluster;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.reliably.deployment.KubernetesJobDefinition;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.CredentialsExpired;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.CredentialsRefused;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.Unreachable;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.Untrusted;
import com.reliably.testing.Command;
import com.reliably.testing.KubernetesPolicy;
import com.reliably.testing.OnEveryJdk;
import com.reliably.testing.RealCluster;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PfxOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients send, and to whom, seen from the other end of the connection. */
@OnEveryJdk
class ClusterClientTest {

    private static final UUID ORG = UUID.fromString("6a4a6c1e-7d3c-4f0e-9b3e-0d6b8f2a1c11");
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String VERSION = "{\"major\":\"1\",\"minor\":\"34\",\"gitVersion\":\"v1.34.0\"}";

    @TempDir
    Path directory;

    private TestClusters test = TestClusters.usual();
    private final List<String> authorizations = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        test.close();
    }

    /** A certificate of its own authority. */
    record Certificate(Path store, String authority) {

        static Certificate of(Path directory, String name, String... more) throws IOException {
            Path store = directory.resolve(name.replaceAll("[^a-z]", "") + ".p12");
            String keytool =
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
            List<String> make = new ArrayList<>(List.of(keytool, "-genkeypair", "-alias", "a", "-keyalg", "EC"));
            make.addAll(List.of("-dname", "CN=test", "-ext", "san=" + name, "-storetype", "PKCS12"));
            make.addAll(List.of("-keystore", store.toString(), "-storepass", "changeit"));
            make.addAll(List.of(more));
            run(make);
            Path certificate = directory.resolve(store.getFileName() + ".pem");
            List<String> export = new ArrayList<>(List.of(keytool, "-exportcert", "-rfc", "-alias", "a"));
            export.addAll(List.of("-keystore", store.toString(), "-storepass", "changeit"));
            export.addAll(List.of("-file", certificate.toString()));
            run(export);
            return new Certificate(store, Base64.getEncoder().encodeToString(Files.readAllBytes(certificate)));
        }

        private static void run(List<String> line) {
            Command.Result result = Command.of(line).run();
            assertEquals(0, result.exitCode(), result.output());
        }
    }

    private HttpServer serve(Certificate certificate, Consumer<HttpServerRequest> answer) {
        return test.vertx()
                .createHttpServer(new HttpServerOptions()
                        .setSsl(true)
                        .setKeyCertOptions(new PfxOptions()
                                .setPath(certificate.store().toString())
                                .setPassword("changeit")))
                .requestHandler(request -> {
                    authorizations.add(String.valueOf(request.getHeader("Authorization")));
                    answer.accept(request);
                })
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    private void answerVersion(HttpServerRequest request) {
        request.response().putHeader("Content-Type", "application/json").end(VERSION);
    }

    private String version(HttpServer server, String more, String user) {
        return version(
                RealCluster.kubeconfig("{server: 'https://127.0.0.1:" + server.actualPort() + "'" + more + "}", user));
    }

    private String version(String kubeconfig) {
        return test.clusters()
                .call(
                        ORG,
                        new KubernetesJobDefinition(true, "image", "n", null, kubeconfig, false),
                        client -> client.getKubernetesVersion().getGitVersion())
                .await()
                .atMost(SOON);
    }

    private static String trusting(Certificate certificate) {
        return ", certificate-authority-data: " + certificate.authority();
    }

    @Test
    void aNameAndAPasswordAreSentAsBasicCredentials() throws IOException {
        Certificate own = Certificate.of(directory, "ip:127.0.0.1");
        HttpServer server = serve(own, this::answerVersion);
        assertEquals("v1.34.0", version(server, trusting(own), "{username: u, password: s3cr3t}"));
        assertEquals(List.of("Basic " + Base64.getEncoder().encodeToString("u:s3cr3t".getBytes())), authorizations);
    }

    @Test
    void redirectsAreNotFollowed() throws IOException {
        Certificate own = Certificate.of(directory, "ip:127.0.0.1");
        List<String> elsewhere = new CopyOnWriteArrayList<>();
        HttpServer other = serve(own, request -> {
            elsewhere.add(request.uri());
            answerVersion(request);
        });
        HttpServer server = serve(own, request -> request.response()
                .setStatusCode(302)
                .putHeader("Location", "https://127.0.0.1:" + other.actualPort() + request.uri())
                .end());
        Throwable failure = assertThrows(Unreachable.class, () -> version(server, trusting(own), "{token: s3cr3t}"));
        assertThat(failure.getMessage(), containsString("sends clients elsewhere (302)"));
        assertThat(elsewhere, empty());
    }

    @Test
    void aCertificateForAnotherNameIsNotTrusted() throws IOException {
        Certificate other = Certificate.of(directory, "dns:other.example.com");
        HttpServer server = serve(other, this::answerVersion);
        assertThrows(Untrusted.class, () -> version(server, trusting(other), "{token: s3cr3t}"));
        assertThat(authorizations, empty());
    }

    @Test
    void aCertificateForTheNameOfTheKubeconfigIsTrusted() throws IOException {
        Certificate named = Certificate.of(directory, "dns:k8s.example.com");
        List<String> hosts = new CopyOnWriteArrayList<>();
        HttpServer server = serve(named, request -> {
            hosts.add(request.getHeader("Host"));
            answerVersion(request);
        });
        String trusting = trusting(named) + ", tls-server-name: ";
        assertEquals("v1.34.0", version(server, trusting + "k8s.example.com", "{token: s3cr3t}"));
        assertEquals(List.of("127.0.0.1:" + server.actualPort()), hosts);
        assertThrows(Untrusted.class, () -> version(server, trusting + "other.example.com", "{token: s3cr3t}"));
    }

    @Test
    void theAuthorityOfTheKubeconfigIsTheOnlyOneWhateverThisServerTrusts() throws IOException {
        Certificate trustedHere = Certificate.of(directory, "ip:127.0.0.1");
        Certificate clusters = Certificate.of(directory, "dns:k8s.example.com");
        HttpServer server = serve(trustedHere, this::answerVersion);
        System.setProperty("javax.net.ssl.trustStore", trustedHere.store().toString());
        System.setProperty("javax.net.ssl.trustStorePassword", "changeit");
        try {
            assertThrows(Untrusted.class, () -> version(server, trusting(clusters), "{token: s3cr3t}"));
        } finally {
            System.clearProperty("javax.net.ssl.trustStore");
            System.clearProperty("javax.net.ssl.trustStorePassword");
        }
        assertThat(authorizations, empty());
    }

    @Test
    void certificatesAreNotLookedAtOnlyWhereTheOperatorAllowsIt() throws IOException {
        test.close();
        test = TestClusters.with(KubernetesPolicy.usual().withInsecureTls());
        HttpServer server = serve(Certificate.of(directory, "dns:other.example.com"), this::answerVersion);
        assertEquals("v1.34.0", version(server, ", insecure-skip-tls-verify: true", "{token: t}"));
    }

    @Test
    void aProxyIsUsedOnlyWhereTheOperatorAllowsIt() throws IOException {
        Certificate own = Certificate.of(directory, "ip:127.0.0.1");
        List<String> asked = new CopyOnWriteArrayList<>();
        HttpServer proxy = test.vertx()
                .createHttpServer()
                .requestHandler(request -> {
                    asked.add(request.method() + " " + request.uri());
                    request.response().setStatusCode(403).end();
                })
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
        String url = "http://127.0.0.1:" + proxy.actualPort();
        TestClusters allowing = TestClusters.with(KubernetesPolicy.usual().withProxies(url));
        String kubeconfig = RealCluster.kubeconfig(
                "{server: 'https://10.0.0.1:6443', proxy-url: '" + url + "'" + trusting(own) + "}", "{token: t}");
        try (allowing) {
            assertThrows(ClusterFailure.class, () -> allowing.clusters()
                    .call(
                            ORG,
                            new KubernetesJobDefinition(true, "image", "n", null, kubeconfig, false),
                            client -> client.getKubernetesVersion().getGitVersion())
                    .await()
                    .atMost(SOON));
        }
        assertEquals("CONNECT 10.0.0.1:6443", asked.get(0));
    }

    @Test
    void tokensOfEksClustersAreRenewedBeforeTheyEnd() throws IOException {
        Certificate own = Certificate.of(directory, "ip:127.0.0.1");
        HttpServer server = serve(own, this::answerVersion);
        String user = "{exec: {command: aws-iam-authenticator, args: [token, -i, shop], env: ["
                + "{name: AWS_ACCESS_KEY_ID, value: AKIA}, {name: AWS_SECRET_ACCESS_KEY, value: s3cr3t}]}}";
        version(server, trusting(own), user);
        test.pass(Duration.ofMinutes(9));
        version(server, trusting(own), user);
        test.pass(Duration.ofMinutes(2));
        version(server, trusting(own), user);
        assertThat(authorizations.get(0), startsWith("Bearer k8s-aws-v1."));
        assertEquals(authorizations.get(0), authorizations.get(1));
        assertNotEquals(authorizations.get(1), authorizations.get(2));
    }

    @Test
    void theServersOwnTokenIsReadAgain() throws IOException {
        Certificate own = Certificate.of(directory, "ip:127.0.0.1");
        HttpServer server = serve(own, this::answerVersion);
        Files.write(directory.resolve("ca.crt"), Base64.getDecoder().decode(own.authority()));
        Files.writeString(directory.resolve("token"), "first\n");
        TestClusters inCluster =
                TestClusters.with(KubernetesPolicy.usual(), directory, "127.0.0.1:" + server.actualPort());
        KubernetesJobDefinition definition = new KubernetesJobDefinition(true, "image", "n", null, null, true);
        try (inCluster) {
            inCluster
                    .clusters()
                    .call(ORG, definition, client -> client.getKubernetesVersion()
                            .getGitVersion())
                    .await()
                    .atMost(SOON);
            Files.writeString(directory.resolve("token"), "second\n");
            inCluster.clusters().look().await().atMost(SOON);
            inCluster
                    .clusters()
                    .call(ORG, definition, client -> client.getKubernetesVersion()
                            .getGitVersion())
                    .await()
                    .atMost(SOON);
        }
        assertEquals(List.of("Bearer first", "Bearer second"), authorizations);
    }

    @Test
    void aClientCertificateWhoseTimeIsOverIsSaidToHaveExpired() throws Exception {
        Certificate own = Certificate.of(directory, "ip:127.0.0.1");
        Certificate over = Certificate.of(directory, "dns:client", "-startdate", "-2d", "-validity", "1");
        KeyStore store = KeyStore.getInstance(over.store().toFile(), "changeit".toCharArray());
        String key = Base64.getMimeEncoder()
                .encodeToString(store.getKey("a", "changeit".toCharArray()).getEncoded());
        String pem = "-----BEGIN PRIVATE KEY-----\n" + key + "\n-----END PRIVATE KEY-----\n";
        HttpServer server =
                serve(own, request -> request.response().setStatusCode(401).end());
        Throwable failure = assertThrows(
                CredentialsExpired.class,
                () -> version(
                        server,
                        trusting(own),
                        "{client-certificate-data: " + over.authority() + ", client-key-data: "
                                + Base64.getEncoder().encodeToString(pem.getBytes()) + "}"));
        assertThat(failure.getMessage(), containsString("the client certificate's time is over"));
    }

    @Test
    void refusedCredentialsAreAskedForOnceMoreAtMost() throws IOException {
        Certificate own = Certificate.of(directory, "ip:127.0.0.1");
        HttpServer server =
                serve(own, request -> request.response().setStatusCode(401).end());
        assertThrows(CredentialsRefused.class, () -> version(server, trusting(own), "{token: t}"));
        assertThat(authorizations.toString(), authorizations.size() <= 2);
    }
}
