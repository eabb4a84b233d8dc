package com.reliably.runner.docker;

import static com.reliably.testing.Scenario.experiment;
import static com.reliably.testing.Scenario.experimentWithSteadyState;
import static com.reliably.testing.Scenario.process;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.Scenario;
import com.reliably.testing.ServerProcess;
import io.restassured.path.json.JsonPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The real CLI in containers of a real engine, run by a real server. */
@EnabledIfEnvironmentVariable(
        named = TestEngine.VARIABLE,
        matches = ".+",
        disabledReason = "RELIABLY_TEST_DOCKER_HOST does not name a Docker engine for tests")
@Order(6)
@ResourceLock(TestEngine.VARIABLE)
class DockerRunIT {

    @TempDir
    static Path temporary;

    /** Mounted into containers, whose user may write there. */
    static Path shared;

    static TestEngine engine;
    static ServerProcess.Setup setup;
    static ServerProcess server;
    static Scenario scenario;
    static String cronPlan;

    @BeforeAll
    static void start() throws IOException {
        engine = TestEngine.shared();
        shared = Files.createDirectory(temporary.resolve("shared"));
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
        setup = ServerProcess.on(temporary.resolve("data"))
                .with("RELIABLY_DOCKER_HOST", engine.host())
                .with("RELIABLY_DOCKER_GRACE", "PT3S")
                .with("RELIABLY_DOCKER_ALLOWED_VOLUME_ROOTS", shared.toString());
        server = setup.start();
        scenario = new Scenario(server);
        // The next full minute comes while the other tests are at work.
        cronPlan =
                plan(container(), experiment(process("tick", "true")), Map.of("type", "cron", "pattern", "* * * * *"));
    }

    @AfterAll
    static void stop() {
        server.request().post("/plans/" + cronPlan + "/suspend");
        String org = server.orgId();
        server.close();
        engine.containersWith("reliably.com/org", org).forEach(id -> engine.docker("rm", "--force", id));
    }

    private static Map<String, Object> container() {
        return containerWith(Map.of());
    }

    private static Map<String, Object> containerWith(Map<String, Object> more) {
        Map<String, Object> definition = new HashMap<>(Map.of(
                "type",
                "container",
                "image",
                TestEngine.CLI,
                "network_mode",
                "host",
                "volumes",
                Map.of(shared.toString(), Map.of("bind", "/shared", "mode", "rw"))));
        definition.putAll(more);
        return definition;
    }

    private static String plan(
            Map<String, Object> definition, Map<String, Object> experiment, Map<String, Object> schedule) {
        return plan(definition, experiment, schedule, Map.of());
    }

    private static String plan(
            Map<String, Object> definition,
            Map<String, Object> experiment,
            Map<String, Object> schedule,
            Map<String, Object> policies) {
        return scenario.create(
                "/plans",
                Map.of(
                        "title",
                        "plan " + UUID.randomUUID(),
                        "deployment",
                        Map.of("deployment_id", scenario.deployment(definition)),
                        "schedule",
                        schedule,
                        "experiments",
                        List.of(scenario.create("/experiments", Map.of("definition", experiment))),
                        "integrations",
                        List.of(),
                        "policies",
                        policies));
    }

    private static String now(Map<String, Object> definition, Map<String, Object> experiment) {
        return plan(definition, experiment, Map.of("type", "now"));
    }

    private static void assertNothingIsLeftOf(JsonPath run) {
        await("the container of the run to be removed")
                .atMost(Duration.ofSeconds(60))
                .until(() -> engine.containersOf(run.getString("id")).isEmpty());
    }

    @Test
    void aNowPlanRunsTheCliAndKeepsWhatItReports() {
        String plan = now(container(), experiment(process("say", "echo said-by-the-experiment")));

        JsonPath run = scenario.ended(plan);
        assertEquals("succeeded", run.getString("state"), run.getString("error"));
        assertEquals(0, run.getInt("exit_code"));
        assertEquals("completed", scenario.get("/plans/" + plan).getString("status"));
        JsonPath execution = scenario.execution(plan);
        assertEquals("completed", execution.getString("result.status"));
        assertEquals(List.of(execution.getString("id")), run.getList("execution_ids"));
        assertEquals(List.of("pending", "launching", "running", "succeeded"), run.getList("history.to"));
        assertTrue(scenario.log(run.getString("id")).contains("Reliably execution: " + execution.getString("id")));
        assertNothingIsLeftOf(run);
    }

    @Test
    void aDeviatedExperimentIsASuccessfulRun() throws IOException {
        String flag = "flag-" + UUID.randomUUID();
        Files.createFile(shared.resolve(flag));
        String plan = now(
                container(),
                experimentWithSteadyState("test -f /shared/" + flag, process("break", "rm /shared/" + flag)));

        JsonPath run = scenario.ended(plan);
        assertEquals("succeeded", run.getString("state"), run.getString("error"));
        assertEquals(1, run.getInt("exit_code"));
        assertTrue(scenario.execution(plan).getBoolean("result.deviated"));
    }

    @Test
    void aCronPlanIsFiredByTheServer() {
        await("a fire of the cron plan")
                .atMost(Duration.ofMinutes(4))
                .until(() -> scenario.get("/plans/" + cronPlan + "/runs").getInt("count") > 0);
        String first = scenario.get("/plans/" + cronPlan + "/runs").getString("items[-1].id");
        await("its run to end").atMost(Duration.ofMinutes(2)).until(() -> !List.of("pending", "launching", "running")
                .contains(scenario.get("/runs/" + first).getString("state")));
        JsonPath run = scenario.get("/runs/" + first);
        assertEquals("succeeded", run.getString("state"), run.getString("error"));
        assertEquals("schedule", run.getString("trigger"));
    }

    @Test
    void theEnvironmentReachesTheExperimentButNotTheEnginesView() {
        String environment = scenario.create(
                "/environments",
                Map.of(
                        "name", "e-" + UUID.randomUUID(),
                        "envvars", List.of(Map.of("var_name", "PLAIN", "value", "plain-value")),
                        "secrets",
                                List.of(
                                        Map.of("key", "k", "var_name", "HIDDEN", "value", "hidden-value"),
                                        Map.of("key", "f1", "path", "/etc/chaos/deep/one", "value", "content-one"),
                                        Map.of("key", "f2", "path", "/etc/chaos/two", "value", "content-two"),
                                        Map.of("key", "f3", "path", "/etc/three", "value", "content-three"))));
        String out = "out-" + UUID.randomUUID();
        String go = "go-" + UUID.randomUUID();
        String plan = scenario.plan(
                scenario.deployment(
                        containerWith(Map.of("limits", Map.of("memory", "300m", "cpus", 1.5, "pids", 100)))),
                experiment(
                        process(
                                "look",
                                "(echo $PLAIN; echo $HIDDEN; cat /etc/chaos/deep/one /etc/chaos/two /etc/three; echo; id -u;"
                                        + " grep CapEff /proc/self/status; grep NoNewPrivs /proc/self/status) > /shared/"
                                        + out),
                        process("wait", "while [ ! -e /shared/" + go + " ]; do sleep 0.1; done")),
                environment);
        await().atMost(Duration.ofMinutes(2)).until(() -> Files.exists(shared.resolve(out)));
        String run = scenario.latestRun(plan);
        List<String> containers = engine.containersOf(run);
        assertEquals(1, containers.size());
        String seenByEngine = engine.docker("inspect", containers.get(0));
        JsonPath inspected = engine.inspect(containers.get(0));
        touch(go);

        JsonPath ended = scenario.ended(plan);
        assertEquals("succeeded", ended.getString("state"), ended.getString("error") + scenario.log(run));
        String seen = read(shared.resolve(out));
        assertTrue(seen.startsWith("plain-value\nhidden-value\ncontent-onecontent-twocontent-three\n1001\n"), seen);
        assertTrue(seen.contains("CapEff:\t0000000000000000"), seen);
        assertTrue(seen.contains("NoNewPrivs:\t1"), seen);
        for (String secret : List.of("hidden-value", "plain-value", "content-one", "content-two", server.token())) {
            assertFalse(seenByEngine.contains(secret), "the engine shows " + secret);
        }
        assertEquals("/reliably-run-" + run, inspected.getString("Name"));
        Map<String, String> labels = inspected.getMap("Config.Labels");
        assertEquals(plan, labels.get("plan_id"));
        assertEquals(plan, labels.get("reliably.com/plan"));
        assertEquals(server.orgId(), labels.get("org_id"));
        assertEquals(server.orgId(), labels.get("reliably.com/org"));
        assertEquals("/tmp", inspected.getString("Config.WorkingDir"));
        assertEquals(300L << 20, inspected.getLong("HostConfig.Memory"));
        assertEquals(1_500_000_000L, inspected.getLong("HostConfig.NanoCpus"));
        assertEquals(100, inspected.getInt("HostConfig.PidsLimit"));
        String token = inspected.getList("Config.Env", String.class).stream()
                .filter(entry -> entry.startsWith("RELIABLY_SERVICE_TOKEN="))
                .findFirst()
                .orElseThrow()
                .substring("RELIABLY_SERVICE_TOKEN=".length());
        assertFalse(token.isEmpty());
        assertFalse(scenario.log(run).contains(token));
    }

    @Test
    void whatPrintsTheTokenIsMasked() {
        String plan = now(
                container(), experiment(process("say", "echo the-token-is-$RELIABLY_SERVICE_TOKEN > /proc/1/fd/1")));
        JsonPath run = scenario.ended(plan);
        assertTrue(
                scenario.log(run.getString("id")).contains("the-token-is-**********"),
                scenario.log(run.getString("id")));
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(
                        "no such image",
                        Map.of("image", "local/not-there:test", "pull_policy", "never"),
                        "pull_policy is 'never'"),
                Arguments.of("no such registry", Map.of("image", "127.0.0.1:1/not/there:test"), "cannot be pulled"),
                Arguments.of(
                        "entrypoint that is not there", Map.of("image", TestEngine.BUSYBOX), "could not be started"),
                Arguments.of(
                        "entrypoint that does nothing", Map.of("image", "[\"true\"]"), "no execution was reported"),
                Arguments.of(
                        "entrypoint that fails",
                        Map.of("image", "[\"sh\", \"-c\", \"echo broken-on-purpose; exit 3\"]"),
                        "broken-on-purpose"),
                Arguments.of("out of memory", Map.of("limits", Map.of("memory", "24m")), "ran out of memory"),
                Arguments.of(
                        "volume that is not there",
                        Map.of("volumes", Map.of(shared + "/not-there", Map.of("bind", "/x"))),
                        "does not exist"),
                Arguments.of("no such network", Map.of("network_mode", "not-there"), "not-there"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("failures")
    void whatCannotBeRunSaysWhyAndLeavesNothing(String name, Map<String, Object> wrong, String words) {
        Map<String, Object> definition = containerWith(wrong);
        String image = definition.get("image").toString();
        if (image.startsWith("[")) {
            definition.put("image", engine.imageWithEntrypoint(image));
        }
        String plan = now(definition, experiment(process("never", "true")));

        JsonPath run = scenario.ended(plan);
        assertEquals("failed", run.getString("state"));
        assertTrue(run.getString("error").contains(words), run.getString("error"));
        assertTrue(scenario.get("/plans/" + plan).getString("status").endsWith("error"));
        assertTrue(scenario.get("/plans/" + plan).getString("error").contains(words));
        assertNothingIsLeftOf(run);
    }

    @Test
    void aSymbolicLinkOutOfTheRootsIsNotMounted() throws IOException {
        Path link = Files.createSymbolicLink(shared.resolve("link-" + UUID.randomUUID()), Path.of("/etc"));
        String plan = now(
                containerWith(Map.of("volumes", Map.of(link.toString(), Map.of("bind", "/x")))),
                experiment(process("never", "true")));
        JsonPath run = scenario.ended(plan);
        assertEquals("failed", run.getString("state"));
        assertTrue(run.getString("error").contains("leads to '/etc'"), run.getString("error"));
        assertNothingIsLeftOf(run);
    }

    @Test
    void aSecretFileIsNotWrittenToAVolume() {
        String environment = scenario.create(
                "/environments",
                Map.of(
                        "name", "e-" + UUID.randomUUID(),
                        "envvars", List.of(),
                        "secrets", List.of(Map.of("key", "f", "path", "/shared/secret", "value", "s"))));
        String plan =
                scenario.plan(scenario.deployment(container()), experiment(process("never", "true")), environment);
        JsonPath run = scenario.ended(plan);
        assertTrue(run.getString("error").contains("stay on the engine's host"), run.getString("error"));
        assertFalse(Files.exists(shared.resolve("secret")));
    }

    @Test
    void aFailedContainerIsKeptWhereTheDeploymentSaysSo() {
        String plan = now(
                containerWith(Map.of(
                        "image", engine.imageWithEntrypoint("[\"sh\", \"-c\", \"exit 3\"]"), "keep_on_failure", true)),
                experiment(process("never", "true")));
        JsonPath run = scenario.ended(plan);
        assertEquals(1, engine.containersOf(run.getString("id")).size());
    }

    @Test
    void aCancelledRunPlaysItsRollbacks() {
        String mark = "mark-" + UUID.randomUUID();
        String plan =
                now(container(), experiment(process("begin", "touch /shared/" + mark), process("long", "sleep 600")));
        await().atMost(Duration.ofMinutes(2)).until(() -> Files.exists(shared.resolve(mark)));
        server.request()
                .post("/runs/" + scenario.latestRun(plan) + "/cancel")
                .then()
                .statusCode(200);
        JsonPath run = scenario.ended(plan);
        assertEquals("cancelled", run.getString("state"), run.getString("error"));
        assertNothingIsLeftOf(run);
    }

    @Test
    void aRunThatTakesTooLongIsStopped() {
        String plan = plan(
                container(),
                experiment(process("long", "sleep 600")),
                Map.of("type", "now"),
                Map.of("timeout_seconds", 6));
        JsonPath run = scenario.ended(plan);
        assertEquals("failed", run.getString("state"));
        assertTrue(run.getString("error").contains("longer than its 6 s"), run.getString("error"));
        assertNothingIsLeftOf(run);
    }

    @Test
    void aContainerThatSomebodyRemovesIsLost() {
        String mark = "mark-" + UUID.randomUUID();
        String plan =
                now(container(), experiment(process("begin", "touch /shared/" + mark), process("long", "sleep 600")));
        await().atMost(Duration.ofMinutes(2)).until(() -> Files.exists(shared.resolve(mark)));
        String container = engine.containersOf(scenario.latestRun(plan)).get(0);
        // It is killed first: whoever looks between that and its removal sees how it ended.
        server.freeze();
        engine.docker("rm", "--force", container);
        server.thaw();
        JsonPath run = scenario.ended(plan);
        assertEquals("lost", run.getString("state"));
        assertTrue(run.getString("error").contains("somebody removed it"), run.getString("error"));
    }

    @Test
    void theCheckOfADeploymentTriesWhatARunNeeds() {
        JsonPath good = check(container());
        assertTrue(good.getBoolean("ok"), good.prettify());
        assertEquals(
                List.of("passed", "passed", "passed", "passed", "passed"),
                good.getList("results.outcome"),
                good.prettify());

        JsonPath noCli = check(containerWith(Map.of("image", TestEngine.BUSYBOX)));
        assertFalse(noCli.getBoolean("ok"));
        assertEquals(
                List.of("passed", "passed", "passed", "warning", "failed", "skipped"),
                noCli.getList("results.outcome"),
                noCli.prettify());

        JsonPath noImage = check(containerWith(Map.of("image", "127.0.0.1:1/not/there:test")));
        assertEquals(
                List.of("passed", "passed", "failed", "skipped", "skipped"),
                noImage.getList("results.outcome"),
                noImage.prettify());
        assertTrue(noImage.getList("results.remedy").get(2) != null);
        assertEquals(List.of(), engine.containersWith("reliably.com/check", "true"));
    }

    @Test
    void theCheckSaysThatTheServerListensOnLoopbackOnly() {
        ServerProcess.Setup elsewhere = ServerProcess.on(temporary.resolve("loopback"));
        elsewhere
                .with("RELIABLY_DOCKER_HOST", engine.host())
                // Another address of the host than the one that it listens on.
                .with("RELIABLY_DOCKER_CALLBACK_URL", "http://127.0.0.2:" + elsewhere.port());
        try (ServerProcess other = elsewhere.start()) {
            Map<String, Object> definition =
                    Map.of("type", "container", "image", TestEngine.CLI, "network_mode", "host");
            JsonPath found = other.request()
                    .post("/deployments/" + new Scenario(other).deployment(definition) + "/check")
                    .then()
                    .statusCode(200)
                    .extract()
                    .jsonPath();
            assertEquals("failed", found.getString("results[-1].outcome"), found.prettify());
            String message = found.getString("results[-1].message");
            assertTrue(message.contains("does not reach this server at http://127.0.0.2:"), message);
            assertTrue(message.contains("This server listens on 127.0.0.1 only"), message);
            assertTrue(message.contains("QUARKUS_HTTP_HOST"), message);
        }
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
    void aServerThatIsKilledReadsOnWhereItWas() {
        String go = "go-" + UUID.randomUUID();
        int lines = 300;
        String plan = now(
                container(),
                experiment(process(
                        "count",
                        "i=0; while [ $i -lt " + lines
                                + " ]; do i=$((i+1)); echo line-$i- > /proc/1/fd/1; sleep 0.02; done;"
                                + " while [ ! -e /shared/" + go + " ]; do sleep 0.1; done")));
        scenario.awaitLog(plan, "line-40-");
        server.kill();
        server = setup.start();
        scenario = new Scenario(server);
        touch(go);
        JsonPath run = scenario.ended(plan);
        assertEquals("succeeded", run.getString("state"), run.getString("error"));
        List<String> expected = new ArrayList<>(
                IntStream.rangeClosed(1, lines).mapToObj(i -> "line-" + i + "-").toList());
        List<String> seen = scenario.log(run.getString("id"))
                .lines()
                .filter(line -> line.startsWith("line-"))
                .toList();
        assertEquals(expected, seen);
        assertEquals(1, scenario.get("/plans/" + plan + "/runs").getInt("count"));
        assertNothingIsLeftOf(run);
    }

    private static void touch(String name) {
        try {
            Files.createFile(shared.resolve(name));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
