package com.reliably.runner.docker;

import static com.reliably.testing.Scenario.experiment;
import static com.reliably.testing.Scenario.process;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.Scenario;
import com.reliably.testing.ServerProcess;
import io.restassured.path.json.JsonPath;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/** docker-java prints requests whole where it is let. */
@EnabledIfEnvironmentVariable(
        named = TestEngine.VARIABLE,
        matches = ".+",
        disabledReason = "RELIABLY_TEST_DOCKER_HOST does not name a Docker engine for tests")
class EngineLogIT {

    private static final String ASKED_FOR = "-Dquarkus.log.category.\"com.github.dockerjava%s\".level=TRACE";

    @TempDir
    Path temporary;

    @Test
    void noLogLevelShowsWhatAnEngineIsTold() {
        TestEngine engine = TestEngine.shared();
        try (ServerProcess server = ServerProcess.on(temporary.resolve("data"))
                .with("RELIABLY_DOCKER_HOST", engine.host())
                .arguments("-Dquarkus.log.level=DEBUG", ASKED_FOR.formatted(""), ASKED_FOR.formatted(".core.command"))
                .start()) {
            Scenario scenario = new Scenario(server);
            String environment = scenario.create(
                    "/environments",
                    Map.of(
                            "name", "e-" + UUID.randomUUID(),
                            "envvars", List.of(),
                            "secrets", List.of(Map.of("key", "f", "path", "/etc/secret", "value", "content-of-it"))));
            JsonPath run = scenario.ended(scenario.plan(
                    scenario.deployment(Map.of("type", "container", "image", TestEngine.CLI, "network_mode", "host")),
                    experiment(process("say", "true")),
                    environment));
            assertEquals("succeeded", run.getString("state"), run.getString("error"));
            server.request()
                    .post("/deployments/"
                            + scenario.deployment(Map.of(
                                    "type", "container",
                                    "image", "127.0.0.1:1/not/there:test",
                                    "registry", Map.of("username", "me", "password", "pass-word")))
                            + "/check")
                    .then()
                    .statusCode(200);

            String log = server.log();
            assertTrue(log.contains(" DEBUG "), "the log has what was asked for otherwise");
            for (String secret : List.of("RELIABLY_SERVICE_TOKEN=", "X-Registry-Auth", "pass-word", "Cmd: ")) {
                assertFalse(log.contains(secret), "the log shows " + secret);
            }
            assertTrue(
                    log.lines()
                            .noneMatch(line ->
                                    line.contains("DEBUG [com.git.doc.") || line.contains("TRACE [com.git.doc.")),
                    "docker-java prints what is for debugging");
        }
    }
}
