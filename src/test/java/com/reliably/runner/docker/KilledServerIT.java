package com.reliably.runner.docker;

import static com.reliably.testing.Scenario.experiment;
import static com.reliably.testing.Scenario.process;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.reliably.testing.Scenario;
import com.reliably.testing.ServerProcess;
import com.reliably.testing.ServerResources;
import com.reliably.testing.TestPostgres;
import io.restassured.path.json.JsonPath;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/**
 * The server is killed at a random moment between a run's claim and its collection, again and again. Each run of the real
 * CLI leaves a line of its own outside of everything that the server keeps, so that what ran twice, or not at all, shows.
 */
@EnabledIfEnvironmentVariable(
        named = TestEngine.VARIABLE,
        matches = ".+",
        disabledReason = "RELIABLY_TEST_DOCKER_HOST does not name a Docker engine for tests")
@Order(3)
class KilledServerIT {

    private static final int KILLS = Integer.getInteger("reliably.test.docker-kills", 20);
    private static final long SEED = Long.getLong("reliably.test.seed", 5);
    /** From the request to the container's removal, on a busy machine; most of it is the CLI's own start. */
    private static final Duration LONGEST_RUN = Duration.ofSeconds(6);

    @TempDir
    Path temporary;

    @Test
    void everyRunHasExactlyOneContainerAndIsCollected() throws IOException {
        Path marks = Files.createDirectory(temporary.resolve("marks"));
        Files.setPosixFilePermissions(marks, PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
        TestEngine engine = TestEngine.shared();
        Instant begun = Instant.now();
        Random random = new Random(SEED);
        try (EmbeddedPostgres postgres = TestPostgres.builder().start();
                // It launches nothing, and is there for the CLI to report to while the one that launches is not.
                ServerProcess other = replica("other", postgres, engine, marks)
                        .with("RELIABLY_DOCKER_AT_ONCE", "0")
                        .start()) {
            ServerProcess.Setup setup =
                    replica("data", postgres, engine, marks).with("RELIABLY_DOCKER_CALLBACK_URL", other.url());
            ServerProcess server = setup.start();
            try {
                String org = server.orgId();
                String deployment = new Scenario(server)
                        .deployment(Map.of(
                                "type",
                                "container",
                                "image",
                                TestEngine.CLI,
                                "network_mode",
                                "host",
                                "volumes",
                                Map.of(marks.toString(), Map.of("bind", "/marks", "mode", "rw"))));
                List<String> plans = new ArrayList<>();
                for (int kill = 0; kill < KILLS; kill++) {
                    plans.add(new Scenario(server)
                            .plan(
                                    deployment,
                                    experiment(process("mark", "echo $RELIABLY_RUN_ID >> /marks/lines")),
                                    null));
                    LockSupport.parkNanos(random.nextLong(LONGEST_RUN.toNanos()));
                    server.kill();
                    server = setup.start();
                }
                Scenario scenario = new Scenario(server);
                List<String> runs = new ArrayList<>();
                for (String plan : plans) {
                    JsonPath run = scenario.ended(plan);
                    assertEquals("succeeded", run.getString("state"), run.getString("error"));
                    assertEquals(1, scenario.get("/plans/" + plan + "/runs").getInt("count"));
                    assertEquals(
                            1, scenario.get("/plans/" + plan + "/executions").getInt("count"));
                    runs.add(run.getString("id"));
                }
                assertEquals(
                        runs.stream().sorted().toList(),
                        Files.readAllLines(marks.resolve("lines")).stream()
                                .sorted()
                                .toList(),
                        "the runs, by what they did; seed " + SEED);
                assertEquals(
                        runs.stream().sorted().toList(),
                        started(engine, org, begun).stream().sorted().toList(),
                        "the runs, by the engine's starts; seed " + SEED);
                await("all containers to be removed")
                        .atMost(Duration.ofMinutes(3))
                        .until(() ->
                                engine.containersWith("reliably.com/org", org).isEmpty());
            } finally {
                server.close();
            }
        }
    }

    private ServerProcess.Setup replica(String name, EmbeddedPostgres postgres, TestEngine engine, Path marks) {
        return ServerProcess.on(temporary.resolve(name))
                .with("QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://127.0.0.1:" + postgres.getPort() + "/postgres")
                .with("QUARKUS_DATASOURCE_USERNAME", "postgres")
                .with("RELIABLY_BOOTSTRAP_TOKEN", ServerResources.OPERATOR_TOKEN)
                .with("RELIABLY_ENCRYPTION_KEYS", ServerResources.ENCRYPTION_KEYS)
                .with("RELIABLY_DOCKER_HOST", engine.host())
                .with("RELIABLY_DOCKER_ALLOWED_VOLUME_ROOTS", marks.toString());
    }

    /** The run of each start of a container that the engine remembers. */
    private static List<String> started(TestEngine engine, String org, Instant since) {
        return engine.docker(
                        "events",
                        "--since",
                        Long.toString(since.getEpochSecond()),
                        "--until",
                        Long.toString(Instant.now().getEpochSecond() + 1),
                        "--filter",
                        "event=start",
                        "--filter",
                        "label=reliably.com/org=" + org,
                        "--format",
                        "{{index .Actor.Attributes \"reliably.com/run\"}}")
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
    }
}
