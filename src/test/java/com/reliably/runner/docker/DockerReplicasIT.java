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
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/** Two servers on one database and one engine, of which one goes for good. */
@EnabledIfEnvironmentVariable(
        named = TestEngine.VARIABLE,
        matches = ".+",
        disabledReason = "RELIABLY_TEST_DOCKER_HOST does not name a Docker engine for tests")
class DockerReplicasIT {

    private static final int LINES = 200;

    @TempDir
    Path temporary;

    @Test
    void anotherServerReadsOnWhereTheFirstWas() throws IOException {
        Path shared = Files.createDirectory(temporary.resolve("shared"));
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
        TestEngine engine = TestEngine.shared();
        try (EmbeddedPostgres postgres = TestPostgres.builder().start();
                // It launches nothing, so that it is known who does.
                ServerProcess other = replica("other", postgres, engine, shared)
                        .with("RELIABLY_DOCKER_AT_ONCE", "0")
                        .start();
                ServerProcess first = replica("first", postgres, engine, shared)
                        .with("RELIABLY_DOCKER_CALLBACK_URL", other.url())
                        .start()) {
            Scenario scenario = new Scenario(other);
            String go = "go-" + UUID.randomUUID();
            String plan = scenario.plan(
                    scenario.deployment(Map.of(
                            "type",
                            "container",
                            "image",
                            TestEngine.CLI,
                            "network_mode",
                            "host",
                            "volumes",
                            Map.of(shared.toString(), Map.of("bind", "/shared", "mode", "rw")))),
                    experiment(process(
                            "count",
                            "i=0; while [ $i -lt " + LINES
                                    + " ]; do i=$((i+1)); echo line-$i- > /proc/1/fd/1; sleep 0.02; done;"
                                    + " while [ ! -e /shared/" + go + " ]; do sleep 0.1; done")),
                    null);
            scenario.awaitLog(plan, "line-20-");
            first.kill();
            await("the other server to take the run over")
                    .atMost(Duration.ofMinutes(1))
                    .until(() ->
                            scenario.get("/runs/" + scenario.latestRun(plan)).getInt("attempt") >= 2);
            Files.createFile(shared.resolve(go));
            JsonPath run = scenario.ended(plan);
            assertEquals("succeeded", run.getString("state"), run.getString("error"));
            assertEquals(
                    IntStream.rangeClosed(1, LINES)
                            .mapToObj(i -> "line-" + i + "-")
                            .toList(),
                    scenario.log(run.getString("id"))
                            .lines()
                            .filter(line -> line.startsWith("line-"))
                            .toList());
            assertEquals(1, scenario.get("/plans/" + plan + "/executions").getInt("count"));
            await("the container to be removed")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> engine.containersOf(run.getString("id")).equals(List.of()));
        }
    }

    private ServerProcess.Setup replica(String name, EmbeddedPostgres postgres, TestEngine engine, Path shared) {
        return ServerProcess.on(temporary.resolve(name))
                .with("QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://127.0.0.1:" + postgres.getPort() + "/postgres")
                .with("QUARKUS_DATASOURCE_USERNAME", "postgres")
                .with("RELIABLY_BOOTSTRAP_TOKEN", ServerResources.OPERATOR_TOKEN)
                .with("RELIABLY_ENCRYPTION_KEYS", ServerResources.ENCRYPTION_KEYS)
                .with("RELIABLY_RUNS_LEASE", "PT3S")
                .with("RELIABLY_RUNS_TAKE_OVER_AFTER", "PT5S")
                .with("RELIABLY_DOCKER_HOST", engine.host())
                .with("RELIABLY_DOCKER_ALLOWED_VOLUME_ROOTS", shared.toString());
    }
}
