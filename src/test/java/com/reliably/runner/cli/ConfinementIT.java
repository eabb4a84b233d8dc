package com.reliably.runner.cli;

import static com.reliably.testing.Scenario.experiment;
import static com.reliably.testing.Scenario.process;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.testing.Scenario;
import com.reliably.testing.ServerProcess;
import io.restassured.path.json.JsonPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * Real runs that try to reach what is not theirs, with one organization and with two, by the user of the tests and, where that
 * is root, by an ordinary one.
 */
class ConfinementIT {

    private static final String NOBODY = "65534";

    /** What a mode promises of an attempt. */
    private enum Promise {
        ALLOWED,
        REFUSED,
        /** It depends on the host, or on who the server's user is. */
        EITHER
    }

    /** Each attempt of {@code attempts.py}, with what is promised with one organization, and with more. */
    private static final Map<String, List<Promise>> PROMISES = new LinkedHashMap<>();

    static {
        refused("read the administrator's token");
        refused("read the encryption keys");
        refused("read the database's password");
        refused("read the database's files");
        refused("list the data directory");
        refused("read the order of its own run");
        refused("read the variables of its own run");
        refused("list the runs");
        refused("read another organization's environments");
        refused("read by the server's root directory");
        refused("read by the launcher's root directory");
        refused("read by another mount");
        refused("read after taking a mount away");
        refused("read in a namespace of its own");
        refused("read a disk");
        refused("make a disk");
        onlyWithOneOrganization("read files of the host");
        allowed("read a directory that the operator lists");
        allowed("read name servers and certificates");
        refused("write the result of its own run");
        refused("write the permit of its own run");
        refused("write into its Python environment");
        refused("write a file of its Python environment");
        refused("write into the cache of packages");
        refused("write beside its Python environment");
        refused("write into the data directory");
        allowed("write its working directory");
        allowed("write its home and temporary directories");
        onlyWithOneOrganization("write files of the host");
        onlyWithOneOrganization("write beside the data directory");
        allowed("write a directory that the operator lists");
        refused("read the server's variables");
        refused("read the launcher's variables");
        refused("read another process's variables");
        refused("read the server's memory");
        refused("read another process's memory");
        refused("trace another process");
        allowed("trace its own child");
        allowed("read its own child's variables");
        refused("gain privileges");
        refused("mount");
        onlyWithOneOrganization("signal the server");
        onlyWithOneOrganization("signal its launcher");
        onlyWithOneOrganization("signal another process");
        allowed("signal its own child");
        onlyWithOneOrganization("connect to the database");
        promise("connect to the database by MPTCP", Promise.EITHER, Promise.REFUSED);
        promise("connect to the database by fast open", Promise.EITHER, Promise.REFUSED);
        allowed("connect to another service");
        allowed("connect to the server");
        onlyWithOneOrganization("connect to a socket with a path");
        onlyWithOneOrganization("connect to an abstract socket");
    }

    private static void refused(String attempt) {
        promise(attempt, Promise.REFUSED, Promise.REFUSED);
    }

    private static void allowed(String attempt) {
        promise(attempt, Promise.ALLOWED, Promise.ALLOWED);
    }

    private static void onlyWithOneOrganization(String attempt) {
        promise(attempt, Promise.ALLOWED, Promise.REFUSED);
    }

    private static void promise(String attempt, Promise withOne, Promise withMore) {
        PROMISES.put(attempt, List.of(withOne, withMore));
    }

    private final ObjectMapper json = new ObjectMapper();
    private final List<Process> started = new ArrayList<>();
    private Path directory;
    private boolean asOther;
    private String alias;
    private long outsider;
    private int outsiderPort;

    @BeforeEach
    void demandLandlock() throws Exception {
        assumeTrue(
                Files.exists(Path.of("/proc/self/mountinfo"))
                        && ended(
                                        "python3",
                                        "-c",
                                        "import ctypes; raise SystemExit(ctypes.CDLL(None).syscall(444, None, 0, 1) < 1)")
                                == 0,
                "This host has no Landlock");
        directory = Files.createTempDirectory(
                "confinement", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    }

    @AfterEach
    void endAll() throws Exception {
        started.forEach(Process::destroyForcibly);
        if (alias != null) {
            ended("umount", "-l", alias);
        }
        ended("rm", "-rf", directory.toString());
    }

    @Test
    void runsReachNothingThatIsNotTheirs() throws Exception {
        assertEverything();
    }

    @Test
    void runsOfAnOrdinaryUserDoNeither() throws Exception {
        assumeTrue(isRoot(), "The tests run as an ordinary user anyway");
        asOther = true;
        assertEverything();
    }

    @Test
    void withoutAnythingToConfineThemRunsGoOnUntilThereIsASecondOrganization() throws Exception {
        Path without = directory.resolve("without.py");
        Files.write(without, resource("without.py"));
        ServerProcess.Setup setup = ServerProcess.on(directory.resolve("data"))
                .withPip()
                .through("python3", without.toString(), "landlock,mounts");
        try (ServerProcess server = setup.start()) {
            Scenario scenario = new Scenario(server);
            String deployment = managed(scenario, null);
            await().atMost(Duration.ofMinutes(2)).until(() -> server.log().contains("cannot be confined on this host"));
            JsonPath run = scenario.ended(scenario.plan(deployment, experiment(process("say", "echo hello")), null));
            assertEquals("succeeded", run.getString("state"), run.getString("error"));
            assertEquals("warning", confinement(server, deployment).getString("outcome"));

            makeSecondOrganization(server);
            JsonPath refused =
                    scenario.ended(scenario.plan(deployment, experiment(process("say", "echo hello")), null));
            assertEquals("failed", refused.getString("state"));
            assertTrue(
                    refused.getString("error").contains("RELIABLY_MANAGED_ISOLATION=none"), refused.getString("error"));
            assertEquals("failed", confinement(server, deployment).getString("outcome"));
        }
    }

    private static JsonPath makeSecondOrganization(ServerProcess server) {
        return server.request()
                .basePath("/api/v1")
                .body(Map.of("name", "the second"))
                .post("/organization")
                .then()
                .statusCode(201)
                .extract()
                .jsonPath();
    }

    private void assertEverything() throws Exception {
        Path outside = makeDirectory("outside");
        Path allowed = makeDirectory("allowed");
        Path base = Files.createDirectory(allowed.resolve("base"));
        String resource = copyOfOutsider();
        give(directory);
        if (isRoot() && !asOther) {
            alias = Files.createDirectory(directory.resolve("alias")).toString();
            assertEquals(0, ended("mount", "--bind", directory.toString(), alias));
        }
        String[] said = start(asUser("python3", resource, outside.toString()))
                .inputReader()
                .readLine()
                .split(" ");
        outsider = Long.parseLong(said[0]);
        outsiderPort = Integer.parseInt(said[1]);

        ServerProcess.Setup setup = ServerProcess.on(directory.resolve("data"))
                .withPip()
                .with("RELIABLY_MANAGED_ALLOWED_ROOTS", allowed.toString());
        if (asOther) {
            setup.with("HOME", directory.toString())
                    .with("PATH", "/usr/bin:/bin")
                    .through(setpriv());
        }
        try (ServerProcess server = setup.start()) {
            Scenario scenario = new Scenario(server);
            assertPromises(attempt(server, scenario, managed(scenario, null)), 0);
            assertEquals("passed", confinement(server, managed(scenario, null)).getString("outcome"));

            String concerned =
                    scenario.plan(managed(scenario, outside), experiment(process("say", "echo hello")), null);
            scenario.ended(concerned);
            JsonPath second = makeSecondOrganization(server);
            String secondOrganization = second.getString("id");
            assertEquals(List.of(concerned), second.getList("concerned_plans.plan_id"));
            assertTrue(server.log().contains("runs of plan " + concerned), "the log says it too");
            Files.createDirectories(directory.resolve("data/python/" + secondOrganization + "/cache"));
            assertPromises(attempt(server, scenario, managed(scenario, null)), 1);
            assertEquals("passed", confinement(server, managed(scenario, null)).getString("outcome"));

            JsonPath elsewhere = scenario.ended(
                    scenario.plan(managed(scenario, outside), experiment(process("say", "echo hello")), null));
            assertEquals("failed", elsewhere.getString("state"));
            assertTrue(
                    elsewhere.getString("error").contains("RELIABLY_MANAGED_ALLOWED_ROOTS"),
                    elsewhere.getString("error"));
            if (isRoot() && !asOther) {
                JsonPath foreign = scenario.ended(
                        scenario.plan(managed(scenario, base), experiment(process("say", "echo hello")), null));
                assertTrue(
                        foreign.getString("error").contains("which this organization's runs have"),
                        foreign.getString("error"));
                ended("chmod", "777", base.toString());
            }
            JsonPath below = scenario.ended(
                    scenario.plan(managed(scenario, base), experiment(process("say", "echo hello > said")), null));
            assertEquals("succeeded", below.getString("state"), below.getString("error"));
            assertTrue(Files.exists(base.resolve("said")));
        }
    }

    private static String managed(Scenario scenario, Path base) {
        Map<String, Object> definition = new HashMap<>(Map.of("type", "reliably_cli", "mode", "managed"));
        if (base != null) {
            definition.put("base_dir", base.toString());
        }
        return scenario.deployment(definition);
    }

    private JsonPath confinement(ServerProcess server, String deployment) {
        JsonPath check = server.request()
                .post("/deployments/" + deployment + "/check")
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
        check.setRootPath("results.find { it.name == 'confinement' }");
        return check;
    }

    /** What came of each attempt. */
    private Map<String, String> attempt(ServerProcess server, Scenario scenario, String deployment) throws Exception {
        Path other = Files.createDirectories(server.dataDirectory().resolve("runs/another"));
        Map<String, Object> there = new HashMap<>();
        there.put("data", server.dataDirectory().toString());
        there.put("server", server.pid());
        there.put("server_port", server.port());
        there.put("outsider", outsider);
        there.put("outsider_port", outsiderPort);
        there.put("database_port", databasePort(server));
        there.put("outside", directory.resolve("outside").toString());
        there.put("allowed", directory.resolve("allowed").toString());
        there.put("alias", directory.resolve("alias/data").toString());
        there.put("other_run", other.getFileName().toString());
        try (var organizations = Files.list(server.dataDirectory().resolve("python"))) {
            there.put(
                    "other_org",
                    organizations
                            .map(o -> o.getFileName().toString())
                            .filter(o -> !o.equals(server.orgId()))
                            .findFirst()
                            .orElse("none"));
        } catch (java.nio.file.NoSuchFileException e) {
            there.put("other_org", "none");
        }
        String script = Base64.getEncoder().encodeToString(resource("attempts.py"));
        String arguments = Base64.getEncoder().encodeToString(json.writeValueAsBytes(there));
        String plan = scenario.plan(
                deployment,
                experiment(process(
                        "attempt",
                        "chmod 777 . ; echo " + script + " | base64 -d > attempts.py; python3 attempts.py \"$(echo "
                                + arguments + " | base64 -d)\" 2>&1")),
                null);
        JsonPath run = scenario.ended(plan);
        assertEquals("succeeded", run.getString("state"), run.getString("error"));
        String output = scenario.execution(plan).getString("result.run[0].output.stdout");
        return output.lines()
                .filter(line -> line.startsWith("ATTEMPT "))
                .map(line -> line.substring("ATTEMPT ".length()).split(" (?=allowed|refused)", 2))
                .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1], (one, two) -> two, LinkedHashMap::new));
    }

    private static void assertPromises(Map<String, String> outcomes, int mode) {
        List<Executable> checks = new ArrayList<>();
        PROMISES.forEach((attempt, promises) -> {
            Promise promise = promises.get(mode);
            String outcome = String.valueOf(outcomes.get(attempt));
            checks.add(() -> assertTrue(
                    promise == Promise.EITHER
                            || outcome.startsWith(promise.name().toLowerCase(java.util.Locale.ROOT)),
                    (mode == 0 ? "with one organization, " : "with two, ") + attempt + ": promised is " + promise
                            + ", what came of it: " + outcome));
        });
        checks.add(() -> assertEquals(PROMISES.keySet(), outcomes.keySet()));
        assertAll(checks);
    }

    private int databasePort(ServerProcess server) throws IOException {
        return Integer.parseInt(Files.readAllLines(server.dataDirectory().resolve("postgres-17/postmaster.pid"))
                .get(3)
                .strip());
    }

    private Path makeDirectory(String name) throws IOException {
        Path made = Files.createDirectory(directory.resolve(name));
        Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.writeString(made.resolve("file"), "content of the file");
        Files.setPosixFilePermissions(made.resolve("file"), PosixFilePermissions.fromString("rw-rw-rw-"));
        return made;
    }

    private String copyOfOutsider() throws IOException {
        Path copy = directory.resolve("outsider.py");
        Files.write(copy, resource("outsider.py"));
        return copy.toString();
    }

    private static byte[] resource(String name) throws IOException {
        try (var in = ConfinementIT.class.getResourceAsStream("/confinement/" + name)) {
            return in.readAllBytes();
        }
    }

    private void give(Path path) throws Exception {
        if (asOther) {
            assertEquals(0, ended("chown", "-R", NOBODY, path.toString()));
        }
    }

    private static String[] setpriv() {
        return new String[] {"setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"};
    }

    private List<String> asUser(String... command) {
        List<String> line = new ArrayList<>();
        if (asOther) {
            line.addAll(List.of(setpriv()));
            line.addAll(List.of("env", "PATH=/usr/bin:/bin"));
        }
        line.addAll(List.of(command));
        return line;
    }

    private Process start(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        started.add(process);
        return process;
    }

    private static int ended(String... command) throws Exception {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!process.waitFor(1, TimeUnit.MINUTES)) {
            process.destroyForcibly();
        }
        return process.waitFor();
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }
}
