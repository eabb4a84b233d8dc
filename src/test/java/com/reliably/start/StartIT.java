package com.reliably.start;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.OnEveryJdk;
import com.reliably.testing.ServerProcess;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged server on its embedded database: first start, restart, what it refuses and how it says so, stop. */
@OnEveryJdk
class StartIT {

    private static final Duration REFUSES_WITHIN = Duration.ofMinutes(3);

    @TempDir
    Path directory;

    @Test
    void withNothingConfiguredItComesUpAndItsDataAndTokenSurviveARestart() throws Exception {
        Path data = directory.resolve("new/data directory");
        ServerProcess.Setup setup = ServerProcess.on(data);
        String token;
        String deployment;
        try (ServerProcess server = setup.start()) {
            token = Files.readString(data.resolve("token")).strip();
            assertThat(token, startsWith("rly_"));
            assertEquals(1, server.log().split(token, -1).length - 1, "the token is printed once");
            for (String file : List.of("token", "env", "encryption-keys", "database-password")) {
                assertEquals("rw-------", permissions(data.resolve(file)), file);
            }
            assertEquals("rwx------", permissions(data));
            assertThat(
                    Files.readString(data.resolve("env")),
                    containsString("RELIABLY_SERVICE_HOST='http://localhost:" + server.port() + "'"));
            given().baseUri(server.url()).get("/q/swagger-ui/").then().statusCode(200);
            nothingListensBesideLoopback(server.port());
            given().baseUri(server.url()).get("/q/openapi").then().statusCode(200);
            databaseIsDurableAndClosedToOthers(new EmbeddedDatabaseAccess(data));
            deployment = create(server, "kept");

            assertEquals(143, server.terminate());
            assertThat(new EmbeddedDatabaseAccess(data).pidFile(), equalTo(java.util.Optional.empty()));
            assertThat(Files.readString(data.resolve("database.log")), containsString("database system is shut down"));
        }
        try (ServerProcess restarted =
                setup.with("RELIABLY_PUBLIC_URL", "https://chaos.example.com").start()) {
            assertFalse(restarted.log().contains(token), "the token is not printed again");
            assertThat(restarted.log(), not(containsString("First start")));
            restarted.request().get("/deployments/" + deployment).then().statusCode(200);
            assertThat(
                    Files.readString(data.resolve("env")),
                    containsString(
                            "RELIABLY_SERVICE_HOST='https://chaos.example.com' RELIABLY_HOST='chaos.example.com' RELIABLY_USE_HTTP='false'"));
        }
    }

    private static void nothingListensBesideLoopback(int port) throws IOException {
        for (NetworkInterface network : Collections.list(NetworkInterface.getNetworkInterfaces())) {
            for (InetAddress address : Collections.list(network.getInetAddresses())) {
                if (!address.isLoopbackAddress() && address instanceof Inet4Address) {
                    assertThrows(IOException.class, () -> new Socket(address, port).close(), address + " answers");
                }
            }
        }
    }

    private static void databaseIsDurableAndClosedToOthers(EmbeddedDatabaseAccess database) throws SQLException {
        for (String setting : List.of("fsync", "synchronous_commit", "full_page_writes", "data_checksums")) {
            assertEquals(List.of("on"), database.column("show " + setting), setting);
        }
        assertEquals(List.of("127.0.0.1"), database.column("show listen_addresses"));
        SQLException refused = assertThrows(
                SQLException.class, () -> database.connect("guessed").close());
        assertEquals("28P01", refused.getSQLState());
    }

    @Test
    void theLogOfAStartIsShortAndSaysWhereToGo() {
        try (ServerProcess server = ServerProcess.on(directory.resolve("data")).start()) {
            // Not after its end: what was under way then may say so.
            await().until(() -> server.log().contains("Installed features"));
            assertThat(server.log(), containsString("http://localhost:" + server.port() + "/api/v1"));
            assertThat(server.log(), containsString("http://localhost:" + server.port() + "/q/swagger-ui"));
            assertTrue(server.logOfItsOwn().lines().count() <= 10, server.log());
            assertThat(server.logOfItsOwn(), not(containsString("WARN")));
        }
    }

    @Test
    void aSecondServerOnTheSameDirectoryIsRefusedAndTheFirstGoesOn() {
        Path data = directory.resolve("data");
        try (ServerProcess first = ServerProcess.on(data).start()) {
            // Not closed: that would stop the database of the first.
            ServerProcess second = ServerProcess.on(data).launch();
            assertHasRefused(second, "another server is using the data directory " + data);
            create(first, "still-served");
        }
    }

    @Test
    void aPortThatIsInUseIsNamedAndTheDatabaseIsStoppedAgain() throws IOException {
        Path data = directory.resolve("data");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            String port = Integer.toString(taken.getLocalPort());
            assertRefused(ServerProcess.on(data).with("QUARKUS_HTTP_PORT", port), "port " + port);
        }
        assertEquals(java.util.Optional.empty(), new EmbeddedDatabaseAccess(data).pidFile());
    }

    @Test
    void aDataDirectoryThatCannotBeIsRefusedWithTheReason() throws IOException {
        Path file = Files.writeString(directory.resolve("a-file"), "not a directory");
        assertRefused(ServerProcess.on(file), "exists and is not a directory");
        assertRefused(ServerProcess.on(Path.of("/proc/reliably")), "RELIABLY_DATA_DIR");
    }

    @Test
    void settingsThatCannotBeMeantAreRefusedByName() {
        assertRefused(
                ServerProcess.on(directory.resolve("a")).with("RELIABLY_BOOTSTRAP_TOKEN", "too-short"),
                "RELIABLY_BOOTSTRAP_TOKEN has 9 characters; it needs at least 32");
        assertRefused(
                ServerProcess.on(directory.resolve("b")).with("RELIABLY_ENCRYPTION_KEYS", "k1:c2hvcnQ="),
                "RELIABLY_ENCRYPTION_KEYS: key 'k1' has 5 bytes");
        assertRefused(
                ServerProcess.on(directory.resolve("c")).with("RELIABLY_PUBLIC_URL", "chaos.example.com/x"),
                "RELIABLY_PUBLIC_URL must look like");
        assertRefused(
                ServerProcess.on(directory.resolve("d")).with("RELIABLY_TOKENS_LIFETIME", "long"),
                "reliably.tokens.lifetime");
    }

    @Test
    void aGivenTokenIsTakenInsteadOfOneOfItsOwnAndIsNotWrittenDown() throws IOException {
        Path data = directory.resolve("data");
        String given = "given-by-the-operator-0123456789-abcdef";
        try (ServerProcess server =
                ServerProcess.on(data).with("RELIABLY_BOOTSTRAP_TOKEN", given).start()) {
            create(server, "with-given-token");
            assertFalse(Files.exists(data.resolve("token")));
            assertFalse(server.log().contains(given));
        }
        String another = "another-one-at-the-next-start-0123456789";
        try (ServerProcess server =
                ServerProcess.on(data).with("RELIABLY_BOOTSTRAP_TOKEN", another).start()) {
            create(server, "with-another-token");
            given().baseUri(server.url())
                    .auth()
                    .oauth2(given)
                    .get("/api/v1/organization")
                    .then()
                    .statusCode(401);
        }
    }

    /** As in a container that starts again: the number of the killed PostgreSQL belongs to another process by then. */
    @Test
    void aProcessNumberThatWasUsedAgainDoesNotStopTheStart() throws Exception {
        Path data = directory.resolve("data");
        ServerProcess.Setup setup = ServerProcess.on(data);
        Path pidFile = data.resolve("postgres-17/postmaster.pid");
        List<String> left;
        try (ServerProcess server = setup.start()) {
            left = Files.readAllLines(pidFile);
        }
        assertFalse(Files.exists(pidFile));
        left.set(0, Long.toString(ProcessHandle.current().pid()));
        Files.write(pidFile, left);
        try (ServerProcess server = setup.start()) {
            create(server, "after-all");
        }
    }

    @Test
    void readyFollowsTheDatabase() throws Exception {
        Path data = directory.resolve("data");
        EmbeddedDatabaseAccess database = new EmbeddedDatabaseAccess(data);
        try (ServerProcess server = ServerProcess.on(data).start()) {
            create(server, "while-it-is-there");
            database.process().orElseThrow().destroyForcibly();
            database.process().ifPresent(process -> process.onExit().join());
            // Its processes end one after the other, and serve until they do.
            await().untilAsserted(() -> given().baseUri(server.url())
                    .get("/q/health/ready")
                    .then()
                    .statusCode(503)
                    .body("checks.name", hasItem("database")));
            given().baseUri(server.url()).get("/q/health/live").then().statusCode(200);
            await().until(() -> server.request().get("/deployments").statusCode() == 503);
        }
    }

    private static String create(ServerProcess server, String name) {
        return server.request()
                .body(Map.of("name", name, "definition", Map.of("type", "noop")))
                .post("/deployments")
                .then()
                .statusCode(201)
                .extract()
                .path("id");
    }

    private static String permissions(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    static void assertRefused(ServerProcess.Setup setup, String reason) {
        try (ServerProcess server = setup.launch()) {
            assertHasRefused(server, reason);
        }
    }

    private static void assertHasRefused(ServerProcess server, String reason) {
        assertEquals(1, server.awaitExit(REFUSES_WITHIN), server::log);
        assertThat(server.log(), containsString("The server cannot start: "));
        assertThat(server.log(), containsString(reason));
        assertFalse(server.logOfItsOwn().contains("\tat "), server::log);
    }
}
