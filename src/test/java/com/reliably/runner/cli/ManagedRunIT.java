package com.reliably.runner.cli;

import static com.reliably.testing.Scenario.experiment;
import static com.reliably.testing.Scenario.experimentWithSteadyState;
import static com.reliably.testing.Scenario.process;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.reliably.testing.PythonEnvironment;
import com.reliably.testing.Scenario;
import com.reliably.testing.ServerProcess;
import io.restassured.path.json.JsonPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
        assertTrue(scenario.log(run.getString("id")).contains("Reliably execution: " + execution.getString("id")));
        assertFalse(
                Files.exists(temporary.resolve("data/runs").resolve(run.getString("id") + ".1")),
                "nothing stays on the host");
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
        // What the client could not report while the server was away shows in the run's end; what it could, is there.
        assertNotEquals("lost", run.getString("state"));
        String log = scenario.log(run.getString("id"));
        assertEquals(1, count(log, "Action: mark"), "the log has no line twice:\n" + log);
        assertTrue(log.contains("Action: tell"), "the log has what was printed while the server was away:\n" + log);
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
        PythonEnvironment uv = PythonEnvironment.of("uv", "uv==0.9.11");
        String path = uv.program("uv").getParent() + ":" + System.getenv("PATH");
        try (ServerProcess other = ServerProcess.on(temporary.resolve("uv-data"))
                .with("PATH", path)
                .start()) {
            Scenario there = new Scenario(other);
            String plan = there.plan(
                    there.deployment(Map.of("type", "reliably_cli", "mode", "managed")),
                    experiment(process("say", "echo hello")),
                    null);
            JsonPath run = there.ended(plan);
            assertEquals("succeeded", run.getString("state"), run.getString("error"));
            try (Stream<Path> environments =
                    Files.find(temporary.resolve("uv-data/python"), 3, (p, a) -> p.endsWith("venv/pyvenv.cfg"))) {
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
