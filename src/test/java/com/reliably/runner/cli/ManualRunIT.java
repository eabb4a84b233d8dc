package com.reliably.runner.cli;

import static com.reliably.testing.Scenario.experiment;
import static com.reliably.testing.Scenario.experimentWithSteadyState;
import static com.reliably.testing.Scenario.process;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.PythonEnvironment;
import com.reliably.testing.Scenario;
import com.reliably.testing.ServerProcess;
import io.restassured.path.json.JsonPath;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The real CLI, run by hand with the command that the plan shows. */
class ManualRunIT {

    private static final String[] PACKAGES = {"reliably-cli", "chaostoolkit-reliably", "slack_sdk", "typer<0.25"};

    /** A file that there is not. */
    private static final Path NEVER = Path.of("/no/such/file");

    @TempDir
    static Path temporary;

    static ServerProcess server;
    static Scenario scenario;

    @BeforeAll
    static void start() {
        server = ServerProcess.on(temporary.resolve("data")).start();
        scenario = new Scenario(server);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** The interpreter by the name python3, and a newer one where there is: they get different versions of the CLI. */
    static List<PythonEnvironment> clients() {
        List<PythonEnvironment> clients = new ArrayList<>();
        clients.add(PythonEnvironment.of("cli", PACKAGES));
        newerPython().ifPresent(python -> clients.add(PythonEnvironment.with(python, "cli-newer", PACKAGES)));
        return clients;
    }

    @ParameterizedTest
    @MethodSource("clients")
    void theShownCommandCompletesThePlan(PythonEnvironment client) throws Exception {
        String plan = manualPlan(experiment(process("say", "echo hello")));
        assertEquals("created", scenario.get("/plans/" + plan).getString("status"), "it never starts by itself");
        assertNull(scenario.latestRun(plan));

        assertEquals(0, run(client, plan).waitFor());
        assertEquals("completed", scenario.execution(plan).getString("result.status"));
        assertFalse(scenario.execution(plan).getBoolean("user_state.deviated"));
        assertEquals("completed", scenario.get("/plans/" + plan).getString("status"));
    }

    @ParameterizedTest
    @MethodSource("clients")
    void aDeviationIsReported(PythonEnvironment client) throws Exception {
        Path flag = Files.createFile(temporary.resolve("flag-" + UUID.randomUUID()));
        String plan = manualPlan(experimentWithSteadyState("test -f " + flag, process("break", "rm " + flag)));
        assertEquals(1, run(client, plan).waitFor());
        assertTrue(scenario.execution(plan).getBoolean("result.deviated"));
    }

    @Test
    void aCronScheduleDoesNotStartIt() {
        String experiment =
                scenario.create("/experiments", Map.of("definition", experiment(process("say", "echo hello"))));
        String plan = scenario.create(
                "/plans",
                Map.of(
                        "title",
                        "p",
                        "deployment",
                        Map.of("deployment_id", manual()),
                        "experiments",
                        List.of(experiment),
                        "schedule",
                        Map.of("type", "cron", "pattern", "* * * * *"),
                        "integrations",
                        List.of()));
        await().during(Duration.ofSeconds(3))
                .atMost(Duration.ofSeconds(60))
                .until(() -> scenario.latestRun(plan) == null);
        assertEquals("nobody", scenario.get("/plans/" + plan + "/fires").getString("started_by"));
    }

    @Test
    void pauseAndResumeActOnTheRunningExperiment() throws Exception {
        Path hurry = temporary.resolve("hurry-" + UUID.randomUUID());
        String plan = manualPlan(experiment(sleeps(60, hurry)));
        Process cli = run(clients().get(0), plan);
        String execution = runningExecution(plan);
        put(execution, Map.of("current", "pause", "duration", 120));
        await().atMost(Duration.ofMinutes(2)).until(() -> journalHas(execution, "pauses"));
        Files.createFile(hurry);
        put(execution, Map.of("current", "resume"));
        await().atMost(Duration.ofMinutes(1))
                .until(() -> "running".equals(state(execution)) || "finished".equals(state(execution)));
        assertTrue(cli.waitFor(4, TimeUnit.MINUTES));
        assertEquals(0, cli.exitValue(), "the pause of two minutes was cut short, and the experiment completed");
        assertEquals("completed", scenario.execution(plan).getString("result.status"));
    }

    @Test
    void terminatingPlaysTheRollbacks() throws Exception {
        assertTrue(terminated(false).contains("rolled-back"));
    }

    @Test
    void terminatingCanSkipTheRollbacks() throws Exception {
        assertFalse(terminated(true).contains("rolled-back"));
    }

    @Test
    void theStopButtonReachesAClientThatTheServerDidNotStart() throws Exception {
        String plan = manualPlan(experiment(sleeps(60, NEVER)));
        Process cli = run(clients().get(0), plan);
        String execution = runningExecution(plan);
        try {
            server.request().post("/halt").then().statusCode(200);
            assertTrue(cli.waitFor(4, TimeUnit.MINUTES));
            assertEquals("finished", state(execution));
            // And one that is started while it is halted comes to nothing.
            Process late = run(clients().get(0), plan);
            assertTrue(late.waitFor(4, TimeUnit.MINUTES));
            assertNotEquals(0, late.exitValue());
        } finally {
            server.request().delete("/halt").then().statusCode(200);
        }
    }

    private static String terminated(boolean skipRollbacks) throws Exception {
        Path mark = temporary.resolve("rollback-" + UUID.randomUUID());
        Map<String, Object> experiment = experiment(sleeps(30, NEVER));
        experiment.put("rollbacks", List.of(process("back", "echo rolled-back > " + mark)));
        String plan = manualPlan(experiment);
        Process cli = run(clients().get(0), plan);
        String execution = runningExecution(plan);
        put(execution, Map.of("current", "terminate", "skip_rollbacks", skipRollbacks));
        assertTrue(cli.waitFor(4, TimeUnit.MINUTES));
        assertEquals(2, cli.exitValue());
        JsonPath finished = scenario.execution(plan);
        assertEquals("finished", finished.getString("user_state.current"));
        assertEquals("interrupted", finished.getString("user_state.status"));
        return Files.exists(mark) ? Files.readString(mark) : "";
    }

    /** Steps of two seconds each, until there is a file. */
    @SuppressWarnings("unchecked")
    private static Map<String, Object>[] sleeps(int many, Path hurry) {
        return Stream.iterate(0, i -> i + 1)
                .limit(many)
                .map(i -> process("step " + i, "test -e " + hurry + " || sleep 2"))
                .toArray(Map[]::new);
    }

    private static String runningExecution(String plan) {
        await().atMost(Duration.ofMinutes(3))
                .until(() -> scenario.get("/plans/" + plan + "/executions").getInt("count") == 1
                        && "running".equals(scenario.execution(plan).getString("user_state.current")));
        JsonPath execution = scenario.execution(plan);
        return "/experiments/" + execution.getString("experiment_id") + "/executions/" + execution.getString("id");
    }

    private static String state(String execution) {
        return scenario.get(execution + "/state").getString("current");
    }

    private static boolean journalHas(String execution, String activity) {
        return server.request().get(execution + "/results").asString().contains(activity);
    }

    private static void put(String execution, Map<String, Object> state) {
        server.request().body(state).put(execution + "/state").then().statusCode(200);
    }

    private static String manual() {
        return scenario.deployment(Map.of("type", "reliably_cli", "mode", "manual"));
    }

    private static String manualPlan(Map<String, Object> experiment) {
        return scenario.plan(manual(), experiment, null);
    }

    /** Runs the command that the plan shows, with a token that is limited to the plan, in a shell, as a person would. */
    private static Process run(PythonEnvironment client, String plan) throws IOException {
        String token = server.request()
                .body(Map.of("name", "t-" + UUID.randomUUID(), "plan_id", plan))
                .post("/tokens")
                .then()
                .statusCode(201)
                .extract()
                .path("token");
        String command = scenario.get("/plans/" + plan).getString("manual_command");
        assertTrue(command.contains("reliably service plan execute"), command);
        Path work = Files.createTempDirectory(temporary, "work");
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", command.replaceAll("<[^>]*token[^>]*>", token))
                .directory(work.toFile())
                .redirectErrorStream(true)
                .redirectOutput(work.resolve("output.log").toFile())
                .redirectInput(new File("/dev/null"));
        builder.environment().keySet().removeIf(name -> name.startsWith("RELIABLY_"));
        builder.environment().put("PATH", client.program("reliably").getParent() + ":" + System.getenv("PATH"));
        builder.environment().put("HOME", work.toString());
        return builder.start();
    }

    private static Optional<String> newerPython() {
        Path versions = Path.of(System.getProperty("user.home"), ".pyenv", "versions");
        Stream<String> byName = Stream.of("python3.13", "python3.12").filter(ManualRunIT::starts);
        try (Stream<Path> pyenv = Files.isDirectory(versions) ? Files.list(versions) : Stream.empty()) {
            return Stream.concat(
                            byName,
                            pyenv.filter(p -> p.getFileName().toString().matches("3\\.1[23]\\..*"))
                                    .map(p -> p.resolve("bin/python").toString()))
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static boolean starts(String interpreter) {
        try {
            return new ProcessBuilder(interpreter, "--version")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException | InterruptedException e) {
            return false;
        }
    }
}
