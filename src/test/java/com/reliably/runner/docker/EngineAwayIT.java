package com.reliably.runner.docker;

import static com.reliably.testing.Scenario.experiment;
import static com.reliably.testing.Scenario.process;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.reliably.testing.Scenario;
import com.reliably.testing.ServerProcess;
import io.restassured.path.json.JsonPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/** An engine that is stopped and comes back, whose disk is full, or which has what it should not have. */
@EnabledIfEnvironmentVariable(
        named = TestEngine.VARIABLE,
        matches = ".+",
        disabledReason = "RELIABLY_TEST_DOCKER_HOST does not name a Docker engine for tests")
class EngineAwayIT {

    @TempDir
    static Path temporary;

    static Path shared;
    static PrivateEngine engine;
    static ServerProcess server;
    static Scenario scenario;

    @BeforeAll
    static void start() throws IOException {
        assumeTrue(PrivateEngine.isPossible(), "no dockerd here that a test could start and stop");
        shared = Files.createDirectory(temporary.resolve("shared"));
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
        engine = new PrivateEngine(Files.createDirectory(temporary.resolve("e")));
        engine.start();
        engine.copyImage(TestEngine.shared(), TestEngine.CLI);
        server = ServerProcess.on(temporary.resolve("data"))
                .with("RELIABLY_DOCKER_HOST", engine.engine().host())
                .with("RELIABLY_DOCKER_ALLOWED_VOLUME_ROOTS", shared.toString())
                // The next run waits, so that something can be done before its launch.
                .with("RELIABLY_DOCKER_AT_ONCE", "1")
                .start();
        scenario = new Scenario(server);
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
        if (engine != null) {
            engine.close();
        }
    }

    private static String deployment() {
        return scenario.deployment(Map.of(
                "type",
                "container",
                "image",
                TestEngine.CLI,
                "network_mode",
                "host",
                "volumes",
                Map.of(shared.toString(), Map.of("bind", "/shared", "mode", "rw"))));
    }

    @Test
    void aRunWhoseEngineIsAwayFailsAndSaysSoAndTheNextOneRuns() throws IOException {
        engine.stop();
        try {
            String plan = scenario.plan(deployment(), experiment(process("never", "true")), null);
            JsonPath run = scenario.ended(plan);
            assertEquals("failed", run.getString("state"));
            assertTrue(run.getString("error").contains("cannot be reached"), run.getString("error"));

            JsonPath check = server.request()
                    .post("/deployments/" + deployment() + "/check")
                    .jsonPath();
            assertFalse(check.getBoolean("ok"));
            assertEquals("failed", check.getString("results[1].outcome"));
        } finally {
            engine.start();
        }
        JsonPath run = scenario.ended(scenario.plan(deployment(), experiment(process("say", "true")), null));
        assertEquals("succeeded", run.getString("state"), run.getString("error"));
    }

    @Test
    void aRunWhoseEngineIsStoppedIsCollectedWhenItIsBack() throws IOException {
        String mark = "mark-" + UUID.randomUUID();
        String plan = scenario.plan(
                deployment(),
                experiment(process("begin", "touch /shared/" + mark), process("long", "sleep 600")),
                null);
        await().atMost(Duration.ofMinutes(2)).until(() -> Files.exists(shared.resolve(mark)));
        engine.stop();
        await().atMost(Duration.ofSeconds(60)).until(() -> server.log().contains("cannot be followed"));
        assertEquals(
                "running", scenario.get("/runs/" + scenario.latestRun(plan)).getString("state"));
        engine.start();

        JsonPath run = scenario.ended(plan);
        // The engine ends its containers with SIGTERM, upon which the CLI rolls back.
        assertTrue(
                List.of("failed", "cancelled").contains(run.getString("state")),
                run.getString("state") + ": " + run.getString("error"));
        assertFalse(run.getString("error").isEmpty());
        await().atMost(Duration.ofSeconds(60))
                .until(() -> engine.engine().containersOf(run.getString("id")).isEmpty());
    }

    @Test
    void aFullDiskIsSaid() throws IOException {
        Path filling = engine.fillDisk();
        try {
            JsonPath run = scenario.ended(scenario.plan(deployment(), experiment(process("never", "true")), null));
            assertEquals("failed", run.getString("state"));
            assertTrue(run.getString("error").contains("no space left"), run.getString("error"));
            await().atMost(Duration.ofSeconds(60))
                    .until(() ->
                            engine.engine().containersOf(run.getString("id")).isEmpty());
        } finally {
            Files.delete(filling);
        }
    }

    @Test
    void aNameThatIsTakenIsSaid() throws IOException {
        String go = "go-" + UUID.randomUUID();
        String first = scenario.plan(
                deployment(),
                experiment(process("wait", "while [ ! -e /shared/" + go + " ]; do sleep 0.1; done")),
                null);
        scenario.awaitState(first, List.of("running"));
        String second = scenario.plan(deployment(), experiment(process("never", "true")), null);
        await().until(() -> scenario.latestRun(second) != null);
        String others = engine.engine()
                .docker(
                        "create",
                        "--network",
                        "none",
                        "--name",
                        "reliably-run-" + scenario.latestRun(second),
                        TestEngine.CLI);
        Files.createFile(shared.resolve(go));
        assertEquals("succeeded", scenario.ended(first).getString("state"));
        JsonPath run = scenario.ended(second);
        assertEquals("failed", run.getString("state"));
        assertTrue(run.getString("error").contains("is not of this run"), run.getString("error"));
        // It is not ours to remove.
        engine.engine().docker("rm", others);
    }
}
