package com.reliably.runner.cli;

import static com.reliably.testing.Scenario.experiment;
import static com.reliably.testing.Scenario.process;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasSize;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.Scenario;
import com.reliably.testing.ServerProcess;
import io.restassured.path.json.JsonPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Managed runs that are paused, terminated, cancelled and halted while the real CLI carries them out. */
class StoppingRunsIT {

    private static final Duration GRACE = Duration.ofSeconds(10);

    @TempDir
    static Path temporary;

    static ServerProcess server;
    static Scenario scenario;

    @BeforeAll
    static void start() {
        server = ServerProcess.on(temporary.resolve("data"))
                .with("RELIABLY_MANAGED_GRACE", GRACE.toString())
                .start();
        scenario = new Scenario(server);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void aPausedRunGoesOnAndCompletes() throws IOException {
        Path hurry = temporary.resolve("hurry-" + UUID.randomUUID());
        String plan = scenario.plan(managed(), experiment(steps(60, hurry)), null);
        String execution = runningExecution(plan);
        put(execution, Map.of("current", "pause", "duration", 120));
        await().atMost(Duration.ofMinutes(2))
                .until(() ->
                        server.request().get(execution + "/results").asString().contains("pauses"));
        assertEquals(
                "running", scenario.get("/runs/" + scenario.latestRun(plan)).getString("state"));
        Files.createFile(hurry);
        put(execution, Map.of("current", "resume"));

        JsonPath run = scenario.ended(plan);
        assertEquals("succeeded", run.getString("state"), run.getString("error"));
        assertEquals("completed", scenario.get("/plans/" + plan).getString("status"));
    }

    @Test
    void aTerminatedRunRollsBackAndIsCancelled() {
        Path mark = temporary.resolve("rollback-" + UUID.randomUUID());
        Map<String, Object> experiment = experiment(steps(60, temporary.resolve("never")));
        experiment.put("rollbacks", List.of(process("back", "echo rolled-back > " + mark)));
        String plan = scenario.plan(managed(), experiment, null);
        put(runningExecution(plan), Map.of("current", "terminate"));

        JsonPath run = scenario.ended(plan);
        assertEquals("cancelled", run.getString("state"), run.getString("error"));
        assertTrue(Files.exists(mark), "the rollbacks were played");
    }

    @Test
    void aPausedRunCanBeCancelledAndLeavesNoProcess() {
        String mark = mark();
        String plan = scenario.plan(managed(), experiment(lingering(mark)), null);
        String execution = runningExecution(plan);
        await().until(() -> Scenario.anyProcessWith("sleep " + mark));
        put(execution, Map.of("current", "pause", "duration", 600));
        cancelAndLookForSurvivors(plan, mark);
    }

    @Test
    void whatIgnoresTheRequestIsKilledWhenTheGraceIsOver() {
        String mark = mark();
        String plan = scenario.plan(
                managed(), experiment(process("deaf", "trap '' TERM INT; sleep " + mark + " & sleep 600")), null);
        await().atMost(Duration.ofMinutes(3)).until(() -> Scenario.anyProcessWith("sleep " + mark));
        cancelAndLookForSurvivors(plan, mark);
    }

    @Test
    void theStopButtonEndsEverythingAndNothingNewBegins() {
        List<String> plans = new ArrayList<>();
        List<String> marks = List.of(mark(), mark());
        for (String mark : marks) {
            plans.add(scenario.plan(managed(), experiment(lingering(mark)), null));
        }
        await().atMost(Duration.ofMinutes(3))
                .until(() -> marks.stream().allMatch(m -> Scenario.anyProcessWith("sleep " + m)));

        server.request()
                .body(Map.of("reason", "a drill"))
                .post("/halt")
                .then()
                .statusCode(200)
                .body("runs", hasSize(2));
        try {
            for (String plan : plans) {
                assertEquals("cancelled", scenario.ended(plan).getString("state"));
            }
            marks.forEach(m -> assertFalse(Scenario.anyProcessWith("sleep " + m), "a process survived"));
            server.request()
                    .post("/plans/" + plans.get(0) + "/run")
                    .then()
                    .statusCode(409)
                    .body("detail", containsString("a drill"));
        } finally {
            server.request().delete("/halt").then().statusCode(200);
        }
    }

    @Test
    void aPlanMaySayHowLongItsRunsTake() {
        String mark = mark();
        String plan = scenario.create(
                "/plans",
                Map.of(
                        "deployment", Map.of("deployment_id", managed()),
                        "schedule", Map.of("type", "now"),
                        "policies", Map.of("timeout_seconds", 60),
                        "experiments",
                                List.of(scenario.create(
                                        "/experiments", Map.of("definition", experiment(lingering(mark)))))));
        JsonPath run = scenario.ended(plan);
        assertEquals("failed", run.getString("state"));
        assertTrue(run.getString("error").contains("timeout_seconds"), run.getString("error"));
        assertFalse(Scenario.anyProcessWith("sleep " + mark), "a process of the run survived");
    }

    private static void cancelAndLookForSurvivors(String plan, String mark) {
        server.request()
                .post("/runs/" + scenario.latestRun(plan) + "/cancel")
                .then()
                .statusCode(200);
        long asked = System.nanoTime();
        JsonPath run = scenario.ended(plan);
        Duration took = Duration.ofNanos(System.nanoTime() - asked);
        assertEquals("cancelled", run.getString("state"), run.getString("error"));
        assertFalse(Scenario.anyProcessWith("sleep " + mark), "a process of the run survived");
        // What is left after the grace is for noticing, killing and writing down, on a busy machine that stands still
        // now
        // and then; the steps themselves would take five minutes.
        assertTrue(took.compareTo(GRACE.plusSeconds(60)) < 0, "it took " + took);
    }

    /** Something that no usual signal reaches: in a session of its own, with no parent. */
    private static Map<String, Object> lingering(String mark) {
        return process("hold", "setsid sh -c 'sleep " + mark + " & exit'; sleep 300");
    }

    /** Of two seconds each, until there is a file. */
    @SuppressWarnings("unchecked")
    private static Map<String, Object>[] steps(int many, Path hurry) {
        Map<String, Object>[] steps = new Map[many];
        for (int i = 0; i < many; i++) {
            steps[i] = process("step " + i, "test -e " + hurry + " || sleep 2");
        }
        return steps;
    }

    /** A number of seconds that nobody else sleeps. */
    private static String mark() {
        return "9" + ThreadLocalRandom.current().nextInt(10_000_000, 100_000_000);
    }

    private static String managed() {
        return scenario.deployment(Map.of("type", "reliably_cli", "mode", "managed"));
    }

    private static String runningExecution(String plan) {
        await().atMost(Duration.ofMinutes(3))
                .until(() -> scenario.get("/plans/" + plan + "/executions").getInt("count") == 1
                        && "running".equals(scenario.execution(plan).getString("user_state.current")));
        JsonPath execution = scenario.execution(plan);
        return "/experiments/" + execution.getString("experiment_id") + "/executions/" + execution.getString("id");
    }

    private static void put(String execution, Map<String, Object> state) {
        server.request().body(state).put(execution + "/state").then().statusCode(200);
    }
}
