package com.reliably.runner.docker;

import static com.reliably.testing.Scenario.experiment;
import static com.reliably.testing.Scenario.process;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.reliably.secret.Mask;
import com.reliably.testing.Command;
import com.reliably.testing.FreePort;
import com.reliably.testing.Scenario;
import com.reliably.testing.ServerProcess;
import io.restassured.path.json.JsonPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/** A server with an engine of its own, and deployments with another one, behind TLS that asks for a client's certificate. */
@EnabledIfEnvironmentVariable(
        named = TestEngine.VARIABLE,
        matches = ".+",
        disabledReason = "RELIABLY_TEST_DOCKER_HOST does not name a Docker engine for tests")
class SeveralEnginesIT {

    private static final String SAYS_WHERE = "[\"sh\", \"-c\", \"echo ran-$(hostname); exit 3\"]";

    @TempDir
    static Path temporary;

    static PrivateEngine other;
    static String address;
    static String image;
    static ServerProcess server;
    static Scenario scenario;

    @BeforeAll
    static void start() throws IOException {
        assumeTrue(PrivateEngine.isPossible(), "no dockerd here that a test could start");
        makeCertificates();
        address = "tcp://127.0.0.1:" + FreePort.any();
        other = new PrivateEngine(
                Files.createDirectory(temporary.resolve("e")),
                "--host",
                address,
                "--tlsverify",
                "--tlscacert",
                temporary.resolve("ca.pem").toString(),
                "--tlscert",
                temporary.resolve("server.pem").toString(),
                "--tlskey",
                temporary.resolve("server.key").toString());
        other.start();
        image = TestEngine.shared().imageWithEntrypoint(SAYS_WHERE);
        other.copyImage(TestEngine.shared(), image);
        server = ServerProcess.on(temporary.resolve("data"))
                .with("RELIABLY_DOCKER_HOST", TestEngine.shared().host())
                .with("RELIABLY_DOCKER_ALLOWED_ENGINES", address)
                .start();
        scenario = new Scenario(server);
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
        if (other != null) {
            other.close();
        }
    }

    private static void makeCertificates() {
        openssl(
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=ca",
                "-keyout",
                "ca.key",
                "-out",
                "ca.pem");
        for (String who : List.of("server", "client")) {
            openssl(
                    "req",
                    "-newkey",
                    "rsa:2048",
                    "-nodes",
                    "-subj",
                    "/CN=" + who,
                    "-keyout",
                    who + ".key",
                    "-out",
                    who + ".csr");
            write(who + ".ext", "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=" + who + "Auth\n");
            openssl(
                    "x509",
                    "-req",
                    "-days",
                    "2",
                    "-in",
                    who + ".csr",
                    "-CA",
                    "ca.pem",
                    "-CAkey",
                    "ca.key",
                    "-CAcreateserial",
                    "-extfile",
                    who + ".ext",
                    "-out",
                    who + ".pem");
        }
    }

    private static void openssl(String... arguments) {
        java.util.ArrayList<String> line = new java.util.ArrayList<>(List.of("openssl"));
        line.addAll(List.of(arguments));
        Command.Result result = Command.of(line).in(temporary).run();
        assertEquals(0, result.exitCode(), result.output());
    }

    private static void write(String name, String text) {
        try {
            Files.writeString(temporary.resolve(name), text);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String read(String name) {
        try {
            return Files.readString(temporary.resolve(name));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Map<String, Object> container(Map<String, Object> engine) {
        Map<String, Object> definition = new HashMap<>(
                Map.of("type", "container", "image", image, "pull_policy", "never", "network_mode", "host"));
        if (engine != null) {
            definition.put("engine", engine);
        }
        return definition;
    }

    private static Map<String, Object> withClient() {
        return Map.of("address", address, "ca", read("ca.pem"), "cert", read("client.pem"), "key", read("client.key"));
    }

    @Test
    void eachDeploymentHasItsEngine() {
        String there =
                scenario.plan(scenario.deployment(container(withClient())), experiment(process("never", "true")), null);
        String here = scenario.plan(scenario.deployment(container(null)), experiment(process("never", "true")), null);
        JsonPath runThere = scenario.ended(there);
        JsonPath runHere = scenario.ended(here);
        assertEquals(3, runThere.getInt("exit_code"), runThere.getString("error"));
        assertTrue(scenario.log(runThere.getString("id")).contains("ran-"));
        assertTrue(runThere.getString("external_reference").endsWith("@" + address));
        assertEquals(3, runHere.getInt("exit_code"), runHere.getString("error"));
        assertTrue(runHere.getString("external_reference")
                .endsWith("@" + TestEngine.shared().host()));
    }

    @Test
    void tlsMaterialIsKeptButNotShown() {
        String deployment = scenario.deployment(container(withClient()));
        server.request()
                .get("/deployments/" + deployment)
                .then()
                .statusCode(200)
                .body("definition.engine.address", equalTo(address))
                .body("definition.engine.ca", equalTo(Mask.MASK))
                .body("definition.engine.cert", equalTo(Mask.MASK))
                .body("definition.engine.key", equalTo(Mask.MASK));
        // Sent back as it was shown, it stays.
        Map<String, Object> shown =
                server.request().get("/deployments/" + deployment).jsonPath().getMap("definition");
        server.request()
                .body(Map.of("name", "again " + deployment, "definition", shown))
                .put("/deployments/" + deployment)
                .then()
                .statusCode(200);
        assertEquals("passed", check(deployment).getString("results[1].outcome"));
    }

    @Test
    void whoHasNoCertificateIsNotLetIn() {
        JsonPath found = check(scenario.deployment(container(Map.of("address", address, "ca", read("ca.pem")))));
        assertEquals("failed", found.getString("results[1].outcome"), found.prettify());
        assertFalse(found.getBoolean("ok"));
    }

    @Test
    void anEngineThatIsSomebodyElseIsNotSpokenTo() {
        // A certificate that another authority has signed.
        openssl(
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=other",
                "-keyout",
                "other.key",
                "-out",
                "other.pem");
        JsonPath found = check(scenario.deployment(container(Map.of(
                "address", address, "ca", read("other.pem"), "cert", read("client.pem"), "key", read("client.key")))));
        assertEquals("failed", found.getString("results[1].outcome"), found.prettify());
    }

    private static JsonPath check(String deployment) {
        return server.request()
                .post("/deployments/" + deployment + "/check")
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
    }
}
