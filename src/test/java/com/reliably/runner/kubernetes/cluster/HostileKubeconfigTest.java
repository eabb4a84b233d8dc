package com.reliably.runner.kubernetes.cluster;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.deployment.KubernetesJobDefinition;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.NotAllowed;
import com.reliably.testing.Command;
import com.reliably.testing.OnEveryJdk;
import com.reliably.testing.RealCluster;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Kubeconfigs that would have this server run something, read something, or go somewhere for whoever wrote them. Each names a
 * command that leaves a mark, a pipe that notices its reader, or a listener that notices its caller, and none of them does.
 */
@OnEveryJdk
class HostileKubeconfigTest {

    private static final UUID ORG = UUID.fromString("6a4a6c1e-7d3c-4f0e-9b3e-0d6b8f2a1c11");
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String TOKEN = "{token: s3cr3t}";
    private static final String SERVER = "{server: 'https://127.0.0.1:PORT'}";
    private static final String KEYS =
            "{name: AWS_ACCESS_KEY_ID, value: AKIA}, {name: AWS_SECRET_ACCESS_KEY, value: s3cr3t}";

    @TempDir
    Path directory;

    private final TestClusters test = TestClusters.usual();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicInteger calls = new AtomicInteger();
    private Path mark;
    private Path command;
    private Path pipe;
    private CompletableFuture<Void> read;
    private ServerSocket listener;

    @BeforeEach
    void setTraps() throws IOException {
        mark = directory.resolve("executed");
        command = Files.writeString(directory.resolve("aws"), "#!/bin/sh\ntouch " + mark + "\n");
        assertTrue(command.toFile().setExecutable(true));
        pipe = directory.resolve("pipe");
        assertEquals(0, Command.of("mkfifo", pipe.toString()).run().exitCode());
        read = CompletableFuture.runAsync(this::waitForReader, threads);
        listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        threads.execute(this::countCalls);
    }

    private void waitForReader() {
        // The opening itself waits until somebody opens the other end.
        try (FileOutputStream written = new FileOutputStream(pipe.toFile())) {
            written.write("s3cr3t".getBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void countCalls() {
        while (!listener.isClosed()) {
            try (Socket caller = listener.accept()) {
                calls.incrementAndGet();
            } catch (IOException e) {
                // It was closed.
            }
        }
    }

    @AfterEach
    void close() throws IOException {
        listener.close();
        if (!read.isDone()) {
            new FileInputStream(pipe.toFile()).close();
        }
        threads.shutdown();
        test.close();
    }

    /** A cluster and a user each; COMMAND, PIPE and PORT stand for the traps. */
    static Stream<String> hostile() {
        return Stream.concat(
                Stream.of(
                                "{server: 'https://127.0.0.1:PORT', certificate-authority: PIPE}",
                                "{server: 'https://127.0.0.1:PORT', proxy-url: 'http://127.0.0.1:PORT'}",
                                "{server: 'https://10.0.0.1', proxy-url: 'socks5://127.0.0.1:PORT'}",
                                "{server: 'https://127.0.0.1:PORT', insecure-skip-tls-verify: true}",
                                "{server: 'http://127.0.0.1:PORT'}",
                                "{server: 'file://PIPE'}",
                                "{server: 'https://0.0.0.0:PORT'}",
                                "{server: 'https://169.254.169.254'}",
                                "{server: 'https://169.254.1:PORT'}",
                                "{server: 'https://2130706433:PORT'}",
                                "{server: 'https://0x7f000001:PORT'}",
                                "{server: 'https://0177.0.0.1:PORT'}",
                                "{server: 'https://[fe80::1]:PORT'}",
                                "{server: 'https://[::ffff:169.254.169.254]'}",
                                "{server: 'https://[64:ff9b::a9fe:a9fe]'}",
                                "{server: 'https://[fd00:ec2::254]'}")
                        .map(cluster -> RealCluster.kubeconfig(cluster, TOKEN)),
                Stream.of(
                                "{tokenFile: PIPE}",
                                "{token: s3cr3t, tokenFile: PIPE}",
                                "{client-certificate: PIPE, client-key: PIPE}",
                                "{client-certificate-data: YWJj, client-key-data: YWJj, client-key: PIPE}",
                                "{exec: {command: COMMAND}}",
                                "{token: s3cr3t, exec: {command: COMMAND, args: [get-token]}}",
                                "{exec: {command: sh, args: [-c, COMMAND]}}",
                                "{exec: {command: COMMAND, args: [s3, ls], env: [KEYS]}}",
                                "{exec: {command: COMMAND, args: [eks, get-token], env: [KEYS]}}",
                                "{exec: {command: COMMAND, args: [eks, get-token, --cluster-name, a, --role-arn, b],"
                                        + " env: [KEYS]}}",
                                "{exec: {command: COMMAND, args: [eks, get-token, --cluster-name, a, --profile, b],"
                                        + " env: [KEYS]}}",
                                "{exec: {command: COMMAND, args: [eks, get-token, --cluster-name, a, --endpoint-url,"
                                        + " 'http://127.0.0.1:PORT'], env: [KEYS]}}",
                                "{exec: {command: COMMAND, args: [eks, get-token, --cluster-name, a],"
                                        + " env: [KEYS, {name: AWS_CONFIG_FILE, value: PIPE}]}}",
                                "{exec: {command: COMMAND, args: [eks, get-token, --cluster-name, a],"
                                        + " env: [KEYS, {name: AWS_WEB_IDENTITY_TOKEN_FILE, value: PIPE}]}}",
                                "{exec: {command: COMMAND, args: [eks, get-token, --cluster-name, a, --region,"
                                        + " 'x.127.0.0.1:PORT/#'], env: [KEYS]}}",
                                "{exec: {command: aws-iam-authenticator, args: [token, -i, a, -r, b], env: [KEYS]}}",
                                "{exec: {command: aws-iam-authenticator, args: [verify, -i, a], env: [KEYS]}}",
                                "{exec: {command: gke-gcloud-auth-plugin}}",
                                "{auth-provider: {name: gcp, config: {cmd-path: COMMAND}}}",
                                "{auth-provider: {name: oidc, config: {id-token: s3cr3t,"
                                        + " idp-certificate-authority: PIPE}}}",
                                "{auth-provider: {name: oidc, config: {id-token: s3cr3t, refresh-token: s3cr3t,"
                                        + " idp-issuer-url: 'https://127.0.0.1:PORT'}}}",
                                "{token: \"s3cr3t\\nImpersonate-User: admin\"}",
                                "{token: s3cr3t, as: \"a\\nImpersonate-Group: system:masters\"}",
                                "!!javax.script.ScriptEngineManager [!!java.net.URL ['http://127.0.0.1:PORT']]",
                                "{token: !!java.io.FileInputStream [PIPE]}")
                        .map(user -> RealCluster.kubeconfig(SERVER, user)));
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void nothingIsExecutedReadOrCalled(String kubeconfig) {
        Throwable failure = assertThrows(NotAllowed.class, () -> client(trapped(kubeconfig)));
        assertThat(failure.getMessage(), not(containsString("s3cr3t")));
        assertUntouched();
    }

    @Test
    void nothingOfAContextThatIsNotTheCurrentOneIsExecutedEither() {
        String kubeconfig = RealCluster.kubeconfig(SERVER, TOKEN)
                .replace("contexts:", "- name: v\n  user: {exec: {command: COMMAND}}\ncontexts:");
        // It is not looked at, as kubectl does not.
        client(trapped(kubeconfig));
        assertUntouched();
    }

    @Test
    void aCommandThatIsUnderstoodIsNotExecutedEither() {
        client(trapped(RealCluster.kubeconfig(
                SERVER,
                "{exec: {command: COMMAND, args: [--region, eu-west-1, eks, get-token, --cluster-name, shop],"
                        + " env: [KEYS]}}")));
        assertUntouched();
    }

    @Test
    void whatThisProcessIsToldOfClustersHasNoSay() {
        var told = Map.of(
                "kubernetes.master",
                "https://127.0.0.1:" + listener.getLocalPort(),
                "kubernetes.auth.token",
                "another",
                "kubernetes.auth.basic.username",
                "another",
                "kubernetes.auth.basic.password",
                "another",
                "kubernetes.certs.ca.file",
                pipe.toString(),
                "kubernetes.trust.certificates",
                "true",
                "https.proxy",
                "http://127.0.0.1:" + listener.getLocalPort(),
                "kubeconfig",
                pipe.toString());
        told.forEach(System::setProperty);
        try {
            var config = client(RealCluster.kubeconfig("{server: 'https://10.0.0.1'}", TOKEN))
                    .getConfiguration();
            assertEquals("https://10.0.0.1/", config.getMasterUrl());
            assertEquals("s3cr3t", config.getOauthTokenProvider().getToken());
            assertEquals(null, config.getUsername());
            assertEquals(null, config.getHttpsProxy());
            assertFalse(config.isTrustCerts());
        } finally {
            told.keySet().forEach(System::clearProperty);
        }
        assertUntouched();
    }

    /** Else the tests above would hold of nothing. */
    @Test
    void theTrapsWork() throws IOException {
        assertEquals(0, Command.of(command.toString()).run().exitCode());
        assertTrue(Files.exists(mark));
        assertEquals("s3cr3t", Files.readString(pipe));
        Awaitility.await().until(read::isDone);
        new Socket(listener.getInetAddress(), listener.getLocalPort()).close();
        Awaitility.await().until(() -> calls.get() == 1);
    }

    private KubernetesClient client(String kubeconfig) {
        return test.clusters()
                .clientFor(ORG, new KubernetesJobDefinition(true, "image", "n", null, kubeconfig, false))
                .await()
                .atMost(SOON);
    }

    private String trapped(String kubeconfig) {
        return kubeconfig
                .replace("KEYS", KEYS)
                .replace("COMMAND", "'" + command + "'")
                .replace("file://PIPE", "file://" + pipe)
                .replace("PIPE", "'" + pipe + "'")
                .replace("PORT", Integer.toString(listener.getLocalPort()));
    }

    private void assertUntouched() {
        assertFalse(Files.exists(mark), "executed");
        assertFalse(read.isDone(), "read");
        assertEquals(0, calls.get(), "called");
    }
}
