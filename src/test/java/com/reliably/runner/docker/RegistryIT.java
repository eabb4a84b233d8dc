package com.reliably.runner.docker;

import static com.reliably.testing.Scenario.experiment;
import static com.reliably.testing.Scenario.process;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.reliably.testing.FreePort;
import com.reliably.testing.Scenario;
import com.reliably.testing.ServerProcess;
import io.restassured.path.json.JsonPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** A real registry that asks for credentials: Debian's package docker-registry, on the loopback address. */
@EnabledIfEnvironmentVariable(
        named = TestEngine.VARIABLE,
        matches = ".+",
        disabledReason = "RELIABLY_TEST_DOCKER_HOST does not name a Docker engine for tests")
@ResourceLock(TestEngine.VARIABLE)
class RegistryIT {

    private static final Path REGISTRY = Path.of("/usr/bin/docker-registry");
    private static final String USER = "me";
    private static final String PASSWORD = "pass-word";
    /** Of the user and the password above. */
    private static final String HTPASSWD = "me:$2y$04$nxYZPm6WbW0ke3iO6gbCUO/DaD0F9nzm4oRv8h3J95DpramMkVkpq";

    @TempDir
    static Path temporary;

    static TestEngine engine;
    static Process registry;
    static String address;
    static ServerProcess server;
    static Scenario scenario;

    @BeforeAll
    static void start() throws IOException {
        assumeTrue(Files.isExecutable(REGISTRY), "the package docker-registry is not installed here");
        engine = TestEngine.shared();
        address = "127.0.0.1:" + FreePort.any();
        Path users = Files.writeString(temporary.resolve("htpasswd"), HTPASSWD + "\n");
        Path configuration = Files.writeString(
                temporary.resolve("config.yml"), """
                version: 0.1
                log: {level: warn}
                storage: {filesystem: {rootdirectory: %s}}
                http: {addr: %s}
                auth: {htpasswd: {realm: tests, path: %s}}
                """.formatted(temporary.resolve("images"), address, users));
        registry = new ProcessBuilder(REGISTRY.toString(), "serve", configuration.toString())
                .redirectErrorStream(true)
                .redirectOutput(temporary.resolve("registry.log").toFile())
                .start();
        await("the registry to take a login")
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> {
                    engine.docker(
                            "--config",
                            temporary.toString(),
                            "login",
                            "--username",
                            USER,
                            "--password",
                            PASSWORD,
                            address);
                    return true;
                });
        server = ServerProcess.on(temporary.resolve("data"))
                .with("RELIABLY_DOCKER_HOST", engine.host())
                .start();
        scenario = new Scenario(server);
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
        if (registry != null) {
            registry.destroyForcibly();
        }
    }

    /** An image in the registry, which the engine does not have; it says something and fails. */
    private static String pushed(String name, String words) {
        String image = address + "/" + name;
        String local = engine.imageWithEntrypoint("[\"sh\", \"-c\", \"echo " + words + "; exit 3\"]");
        engine.docker("tag", local, image);
        engine.docker("--config", temporary.toString(), "push", image);
        engine.docker("rmi", image, local);
        return image;
    }

    private static Map<String, Object> container(String image, String password, String policy) {
        Map<String, Object> definition = new HashMap<>(
                Map.of("type", "container", "image", image, "network_mode", "host", "pull_policy", policy));
        if (password != null) {
            definition.put("registry", Map.of("username", USER, "password", password));
        }
        return definition;
    }

    private static JsonPath run(Map<String, Object> definition) {
        return scenario.ended(
                scenario.plan(scenario.deployment(definition), experiment(process("never", "true")), null));
    }

    @Test
    void anImageIsPulledWithTheDeploymentsCredentials() {
        String image = pushed("some/image-" + UUID.randomUUID(), "pulled-with-credentials");
        JsonPath run = run(container(image, PASSWORD, "if_missing"));
        assertEquals(3, run.getInt("exit_code"), run.getString("error"));
        assertTrue(scenario.log(run.getString("id")).contains("pulled-with-credentials"));
        engine.docker("rmi", image);
    }

    @Test
    void whoHasNoCredentialsIsToldWhereTheyBelong() {
        String image = pushed("some/image-" + UUID.randomUUID() + ":1", "never");
        JsonPath run = run(container(image, null, "if_missing"));
        assertEquals("failed", run.getString("state"));
        assertTrue(run.getString("error").contains("credentials in the deployment (registry)"), run.getString("error"));

        JsonPath wrong = run(container(image, "wrong-word", "always"));
        assertTrue(wrong.getString("error").contains("does not accept the credentials"), wrong.getString("error"));
        assertFalse(wrong.getString("error").contains("wrong-word"));
        assertFalse(server.log().contains("wrong-word") || server.log().contains(PASSWORD));
    }

    @Test
    void theCheckAsksTheRegistry() {
        String image = pushed("some/image-" + UUID.randomUUID() + ":1", "never");
        assertEquals(
                List.of("passed", "passed", "passed", "skipped", "skipped"),
                check(container(image, PASSWORD, "if_missing")).getList("results.outcome"));
        JsonPath refused = check(container(image, "wrong-word", "if_missing"));
        assertEquals("failed", refused.getString("results[2].outcome"), refused.prettify());
        assertFalse(refused.prettify().contains("wrong-word"));
        JsonPath absent = check(container(address + "/some/absent:1", PASSWORD, "if_missing"));
        assertEquals("failed", absent.getString("results[2].outcome"), absent.prettify());
    }

    private static JsonPath check(Map<String, Object> definition) {
        return server.request()
                .post("/deployments/" + scenario.deployment(definition) + "/check")
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
    }

    @Test
    void alwaysMeansBeforeEveryRun() {
        String name = "some/image-" + UUID.randomUUID() + ":1";
        String image = pushed(name, "the-first");
        assertTrue(log(container(image, PASSWORD, "always")).contains("the-first"));
        pushed(name, "the-second");
        assertTrue(log(container(image, PASSWORD, "always")).contains("the-second"));
        engine.docker("rmi", image);
    }

    private static String log(Map<String, Object> definition) {
        return scenario.log(run(definition).getString("id"));
    }
}
