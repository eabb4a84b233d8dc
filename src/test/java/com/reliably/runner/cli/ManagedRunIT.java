package com.reliably.runner.cli;

import static com.reliably.testing.Scenario.experiment;
import static com.reliably.testing.Scenario.experimentWithSteadyState;
import static com.reliably.testing.Scenario.process;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.reliably.testing.AnyCertificate;
import com.reliably.testing.Command;
import com.reliably.testing.FreePort;
import com.reliably.testing.Scenario;
import com.reliably.testing.ServerProcess;
import io.restassured.path.json.JsonPath;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real CLI, from the package index, run by a real server. */
@Order(4)
class ManagedRunIT {

    @TempDir
    static Path temporary;

    static ServerProcess.Setup setup;
    static ServerProcess server;
    static Scenario scenario;

    @BeforeAll
    static void start() {
        setup = ServerProcess.on(temporary.resolve("data"))
                .withPip()
                .with("RELIABLY_MANAGED_GRACE", "PT10S")
                .with("A_SECRET_OF_THE_SERVER", "do-not-leak");
        server = setup.start();
        scenario = new Scenario(server);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void aNowPlanRunsTheCliAndKeepsWhatItReports() {
        String plan = scenario.plan(
                managed(), experiment(process("say", "echo said-by-the-experiment; env > /dev/null")), null);

        JsonPath run = scenario.ended(plan);
        assertEquals("succeeded", run.getString("state"), run.getString("error"));
        assertEquals(0, run.getInt("exit_code"));
        assertEquals("completed", scenario.get("/plans/" + plan).getString("status"));
        JsonPath execution = scenario.execution(plan);
        assertEquals("completed", execution.getString("result.status"));
        assertEquals(List.of(execution.getString("id")), run.getList("execution_ids"));
        assertEquals(List.of("pending", "launching", "running", "succeeded"), run.getList("history.to"));
        String log = scenario.log(run.getString("id"));
        assertTrue(log.contains("Reliably execution: " + execution.getString("id")));
        // Not the addresses of the launcher's relay, which is gone with the run.
        assertTrue(log.contains("Starting Reliably experiment: " + server.url() + "/api/"), log);
        assertEquals(
                "https://127.0.0.1:" + server.port() + "/executions/view/?id=" + execution.getString("id") + "&exp="
                        + execution.getString("experiment_id"),
                execution.getString("result.experiment.extensions.find { it.name == 'reliably' }.execution_url"));
        assertFalse(
                Files.exists(temporary.resolve("data/runs").resolve(run.getString("id") + ".1")),
                "nothing stays on the host");
    }

    @Test
    void aServerThatSpeaksTlsOnlyIsCalledBackByIt() throws Exception {
        Path certificate = temporary.resolve("server.pem");
        Path key = temporary.resolve("server.key");
        Command.of(List.of(
                        "openssl",
                        "req",
                        "-x509",
                        "-newkey",
                        "rsa:2048",
                        "-nodes",
                        "-days",
                        "2",
                        "-subj",
                        "/CN=localhost",
                        "-addext",
                        "subjectAltName=DNS:localhost",
                        "-keyout",
                        key.toString(),
                        "-out",
                        certificate.toString()))
                .run();
        Path authorities = temporary.resolve("authorities.pem");
        Path known = Path.of(System.getenv().getOrDefault("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"));
        Files.writeString(authorities, Files.exists(known) ? Files.readString(known) : "");
        Files.writeString(authorities, Files.readString(certificate), StandardOpenOption.APPEND);
        int port = FreePort.any();
        ServerProcess.Setup tls = ServerProcess.on(temporary.resolve("tls"))
                .reachedAt("https://localhost:" + port)
                .with("QUARKUS_HTTP_SSL_PORT", Integer.toString(port))
                .with("QUARKUS_HTTP_INSECURE_REQUESTS", "redirect")
                .with("QUARKUS_HTTP_SSL_CERTIFICATE_FILES", certificate.toString())
                .with("QUARKUS_HTTP_SSL_CERTIFICATE_KEY_FILES", key.toString())
                .with("RELIABLY_PUBLIC_URL", "https://localhost:" + port)
                .with("SSL_CERT_FILE", authorities.toString())
                .with("REQUESTS_CA_BUNDLE", authorities.toString());
        try (ServerProcess secure = tls.start()) {
            HttpClient client =
                    HttpClient.newBuilder().sslContext(AnyCertificate.trusted()).build();
            HttpRequest health = HttpRequest.newBuilder(URI.create(secure.url() + "/q/health/live"))
                    .build();
            assertEquals(
                    HttpClient.Version.HTTP_2,
                    client.send(health, BodyHandlers.discarding()).version());
            // As browsers do, without offering HTTP/2 in clear text.
            HttpRequest plain = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + secure.port() + "/api/v1"))
                    .version(HttpClient.Version.HTTP_1_1)
                    .build();
            HttpResponse<Void> redirected = client.send(plain, BodyHandlers.discarding());
            assertEquals(3, redirected.statusCode() / 100, redirected.toString());
            assertTrue(
                    redirected.headers().firstValue("Location").orElse("").startsWith("https://"),
                    redirected.headers().toString());
            Scenario secured = new Scenario(secure);
            String deployment = secured.deployment(Map.of("type", "reliably_cli", "mode", "managed"));
            String plan = secured.plan(deployment, experiment(process("say", "echo by-tls")), null);
            JsonPath run = secured.ended(plan);
            assertEquals("succeeded", run.getString("state"), run.getString("error"));
            assertEquals("completed", secured.execution(plan).getString("result.status"));
        }
    }

    @Test
    void aDeviatedExperimentIsASuccessfulRun() throws IOException {
        Path flag = Files.createFile(temporary.resolve("flag-" + UUID.randomUUID()));
        String plan = scenario.plan(
                managed(), experimentWithSteadyState("test -f " + flag, process("break", "rm " + flag)), null);

        JsonPath run = scenario.ended(plan);
        assertEquals("succeeded", run.getString("state"), run.getString("error"));
        assertEquals(1, run.getInt("exit_code"));
        assertTrue(scenario.execution(plan).getBoolean("result.deviated"));
    }

    @Test
    void olderPythonGetsTheCliThatFitsIt() {
        assumeTrue(hasPython("3.11"), "Python 3.11 is not installed here");
        String plan = scenario.plan(
                scenario.deployment(Map.of("type", "reliably_cli", "mode", "managed", "py_version", "3.11")),
                experiment(process("say", "echo hello")),
                null);

        JsonPath run = scenario.ended(plan);
        assertEquals("succeeded", run.getString("state"), run.getString("error"));
        assertTrue(
                scenario.log(run.getString("id")).contains("reliably-cli-0.28."), "0.28 is the last for Python 3.11");
    }

    @Test
    void theEnvironmentReachesTheExperimentAndNothingOfTheServerDoes() {
        String environment = scenario.create(
                "/environments",
                Map.of(
                        "name", "e",
                        "envvars",
                                List.of(
                                        Map.of("var_name", "PLAIN", "value", "plain-value"),
                                        Map.of("var_name", "ONE", "value", "/etc/both/one"),
                                        Map.of("var_name", "TWO", "value", "/etc/both/two")),
                        "secrets",
                                List.of(
                                        Map.of("key", "k", "var_name", "HIDDEN", "value", "hidden-value"),
                                        // Two files in one directory crash the CLI, unless the server sees to it.
                                        Map.of("key", "f1", "path", "/etc/both/one", "value", "content-one"),
                                        Map.of("key", "f2", "path", "/etc/both/two", "value", "content-two"))));
        String out = temporary.resolve("out-" + UUID.randomUUID()).toString();
        // What is printed gets into the client's log, and into the journal that it reports.
        String print = "echo plain $PLAIN; echo hidden $HIDDEN; printf %s $HIDDEN | base64; cat $ONE";
        String plan = scenario.plan(
                managed(),
                experiment(process(
                        "look", "(echo $PLAIN; echo $HIDDEN; cat $ONE $TWO; echo; env) > " + out + "; " + print)),
                environment);

        JsonPath run = scenario.ended(plan);
        assertEquals("succeeded", run.getString("state"), run.getString("error") + scenario.log(run.getString("id")));
        String seen = read(Path.of(out));
        assertTrue(seen.startsWith("plain-value\nhidden-value\ncontent-onecontent-two\n"), seen);
        assertFalse(seen.contains("do-not-leak"), "a variable of the server reached the run");
        String log = scenario.log(run.getString("id"));
        String journal = scenario.execution(plan).prettify();
        for (String secret : List.of("hidden-value", "aGlkZGVuLXZhbHVl", "content-one")) {
            assertFalse(log.contains(secret), log);
            assertFalse(journal.contains(secret), journal);
        }
        assertTrue(journal.contains("hidden **********"), journal);
        assertTrue(journal.contains("plain plain-value"), journal);
    }

    @Test
    void requirementsAreInstalledAndMayOverrideTheDefaults() {
        String plan = scenario.plan(
                scenario.deployment(Map.of(
                        "type",
                        "reliably_cli",
                        "mode",
                        "managed",
                        "py_dependencies",
                        "# what the experiment needs\nsix==1.16.0\n")),
                experiment(Map.of(
                        "type",
                        "action",
                        "name",
                        "say",
                        "provider",
                        Map.of(
                                "type",
                                "python",
                                "module",
                                "six",
                                "func",
                                "ensure_str",
                                "arguments",
                                Map.of("s", "x")))),
                null);
        JsonPath run = scenario.ended(plan);
        assertEquals("succeeded", run.getString("state"), run.getString("error"));
        assertTrue(scenario.log(run.getString("id")).contains("six-1.16.0"));
    }

    @Test
    void aRunUsesTheDirectoryOfTheDeployment() throws IOException {
        Path directory = Files.createDirectory(temporary.resolve("base"));
        Files.writeString(directory.resolve("there"), "found me");
        String plan = scenario.plan(
                scenario.deployment(
                        Map.of("type", "reliably_cli", "mode", "managed", "base_dir", directory.toString())),
                experimentWithSteadyState("grep -q 'found me' there", process("say", "echo hello")),
                null);
        assertEquals(
                "completed",
                scenario.get("/runs/" + scenario.ended(plan).getString("id"))
                        .getString("state")
                        .replace("succeeded", "completed"));
        assertTrue(Files.exists(directory), "the user's directory stays");
    }

    @Test
    void aMissingDirectoryIsNamed() {
        JsonPath run = failed(Map.of("type", "reliably_cli", "mode", "managed", "base_dir", "/no/such/directory"));
        assertTrue(run.getString("error").contains("'/no/such/directory'"), run.getString("error"));
        assertTrue(run.getString("error").contains("base_dir"), run.getString("error"));
    }

    @Test
    void aMissingInterpreterIsNamedWithThoseThatAreThere() {
        JsonPath run = failed(Map.of("type", "reliably_cli", "mode", "managed", "py_version", "3.99"));
        assertTrue(
                run.getString("error").startsWith("Python 3.99 is needed, but the server's host has: 3."),
                run.getString("error"));
    }

    @Test
    void aFailedInstallationSaysWhatFailed() {
        JsonPath run = failed(Map.of(
                "type", "reliably_cli", "mode", "managed", "py_dependencies", "no-such-package-of-anybody==999\n"));
        assertTrue(run.getString("error").contains("no-such-package-of-anybody"), run.getString("error"));
    }

    @Test
    void cancellingEndsEveryProcessOfTheRun() {
        String mark = "9" + Math.abs(UUID.randomUUID().getMostSignificantBits() % 100_000_000);
        // A grandchild in a session of its own, which outlives its parent: nothing of the usual signals reaches it.
        String plan = scenario.plan(
                managed(), experiment(process("hold", "setsid sh -c 'sleep " + mark + " & exit' ; sleep 300")), null);
        await().atMost(Duration.ofMinutes(3)).until(() -> Scenario.anyProcessWith("sleep " + mark));

        server.request()
                .post("/runs/" + scenario.latestRun(plan) + "/cancel")
                .then()
                .statusCode(200);
        JsonPath run = scenario.ended(plan);
        assertEquals("cancelled", run.getString("state"), run.getString("error"));
        assertFalse(Scenario.anyProcessWith("sleep " + mark), "a process of the run survived");
        assertEquals("finished", scenario.execution(plan).getString("user_state.current"));
        server.request().post("/runs/" + run.getString("id") + "/cancel").then().statusCode(400);
    }

    @Test
    void aRunOutlivesTheServerAndIsFoundAgain() {
        String mark = temporary.resolve("marks-" + UUID.randomUUID()).toString();
        String plan = scenario.plan(
                managed(),
                experiment(
                        process("mark", "echo once >> " + mark),
                        process("wait", "sleep 8"),
                        process("tell", "echo second")),
                null);
        await().atMost(Duration.ofMinutes(3)).until(() -> Files.exists(Path.of(mark)));

        server.kill();
        server = setup.start();
        scenario = new Scenario(server);

        JsonPath run = scenario.ended(plan);
        assertEquals(1, scenario.get("/plans/" + plan + "/runs").getInt("count"), "there is one run");
        assertEquals("once\n", read(Path.of(mark)), "the experiment ran once");
        assertEquals("succeeded", run.getString("state"), run.getString("error"));
        String log = scenario.log(run.getString("id"));
        assertEquals(1, count(log, "Action: mark"), "the log has no line twice:\n" + log);
        assertTrue(log.contains("Action: tell"), "the log has what was printed while the server was away:\n" + log);
    }

    /** As often as {@code -Dreliably.test.restarts=30} says; each takes the server seconds, and the run goes on meanwhile. */
    @Test
    @SuppressWarnings("unchecked")
    void aRunThatReportsAllTheTimeGoesThroughRestarts() throws IOException {
        int restarts = Integer.getInteger("reliably.test.restarts", 4);
        Path enough = temporary.resolve("enough-" + UUID.randomUUID());
        // Reports come before and after every step, and as fast as they can while there is a file.
        Map<String, Object>[] steps = new Map[100 * restarts];
        for (int i = 0; i < steps.length; i++) {
            steps[i] = process("step " + i, "test -e " + enough + " || sleep 0.1");
        }
        String plan = scenario.plan(managed(), experiment(steps), null);
        await().atMost(Duration.ofMinutes(3))
                .until(() -> scenario.get("/plans/" + plan + "/executions").getInt("count") == 1);
        for (int i = 0; i < restarts; i++) {
            if (i % 2 == 0) {
                server.kill();
            } else {
                server.terminate();
            }
            server = setup.start();
            scenario = new Scenario(server);
        }
        Files.createFile(enough);

        JsonPath run = scenario.ended(plan);
        assertEquals("succeeded", run.getString("state"), run.getString("error"));
        assertEquals(1, scenario.get("/plans/" + plan + "/runs").getInt("count"), "there is one run");
        JsonPath execution = scenario.execution(plan);
        assertEquals("completed", execution.getString("result.status"));
        assertEquals("finished", execution.getString("user_state.current"));
        assertEquals(steps.length, execution.getList("result.run").size(), "the journal is complete");
        assertEquals("completed", scenario.get("/plans/" + plan).getString("status"));
    }

    @Test
    void aKilledLauncherTakesItsExperimentAlong() {
        String mark = "9" + Math.abs(UUID.randomUUID().getMostSignificantBits() % 100_000_000);
        String plan = scenario.plan(
                managed(), experiment(process("hold", "setsid sh -c 'sleep " + mark + " & exit' ; sleep 300")), null);
        await().atMost(Duration.ofMinutes(3)).until(() -> Scenario.anyProcessWith("sleep " + mark));
        Path directory = temporary.resolve("data/runs").resolve(scenario.latestRun(plan) + ".1");
        ProcessHandle.of(Long.parseLong(read(directory.resolve("pid")).strip()))
                .orElseThrow()
                .destroyForcibly();

        JsonPath run = scenario.ended(plan);
        assertEquals("lost", run.getString("state"));
        assertTrue(run.getString("error").contains("launcher was killed"), run.getString("error"));
        assertFalse(Scenario.anyProcessWith("sleep " + mark), "a process of the run survived");
    }

    @Test
    void theTokenOfARunEndsWithIt() {
        String plan = scenario.plan(
                managed(),
                experiment(process(
                        "tell", "echo token-is-$RELIABLY_SERVICE_TOKEN- > " + temporary.resolve("token-of-run"))),
                null);
        scenario.ended(plan);
        String token = read(temporary.resolve("token-of-run")).strip().replaceAll("^token-is-|-$", "");
        assertTrue(token.startsWith("rly_"), token);
        server.request().auth().oauth2(token).get("/plans/" + plan).then().statusCode(401);
    }

    @Test
    void uvIsUsedWhereItIsInstalled() throws Exception {
        try (ServerProcess other =
                ServerProcess.on(temporary.resolve("uv-data")).start()) {
            Scenario there = new Scenario(other);
            String plan = there.plan(
                    there.deployment(Map.of("type", "reliably_cli", "mode", "managed")),
                    experiment(process("say", "echo hello")),
                    null);
            JsonPath run = there.ended(plan);
            assertEquals("succeeded", run.getString("state"), run.getString("error"));
            try (Stream<Path> environments =
                    Files.find(temporary.resolve("uv-data/python"), 4, (p, a) -> p.endsWith("venv/pyvenv.cfg"))) {
                assertTrue(read(environments.findFirst().orElseThrow()).contains("uv ="), "uv made the environment");
            }
        }
    }

    @Test
    void aRunThatTakesTooLongIsStopped() {
        try (ServerProcess other = ServerProcess.on(temporary.resolve("short-data"))
                .with("RELIABLY_MANAGED_TIMEOUT", "PT3S")
                .with("RELIABLY_MANAGED_GRACE", "PT1S")
                .start()) {
            Scenario there = new Scenario(other);
            String plan = there.plan(
                    there.deployment(Map.of("type", "reliably_cli", "mode", "managed")),
                    experiment(process("wait", "sleep 600")),
                    null);
            JsonPath run = there.ended(plan);
            assertEquals("failed", run.getString("state"));
            assertTrue(run.getString("error").contains("longer than it may"), run.getString("error"));
        }
    }

    private static String managed() {
        return scenario.deployment(Map.of("type", "reliably_cli", "mode", "managed"));
    }

    private static JsonPath failed(Map<String, Object> definition) {
        String plan = scenario.plan(scenario.deployment(definition), experiment(process("say", "echo hello")), null);
        JsonPath run = scenario.ended(plan);
        assertEquals("failed", run.getString("state"));
        JsonPath seen = scenario.get("/plans/" + plan);
        assertEquals("creation error", seen.getString("status"));
        assertEquals(run.getString("error"), seen.getString("error"));
        return run;
    }

    private static boolean hasPython(String version) {
        try {
            return new ProcessBuilder(
                                    "python3",
                                    "-c",
                                    "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '" + version + "')")
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException | InterruptedException e) {
            return false;
        }
    }

    private static int count(String text, String part) {
        return text.split(java.util.regex.Pattern.quote(part), -1).length - 1;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
