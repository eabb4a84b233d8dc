package com.reliably.start;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.reliably.testing.Command;
import com.reliably.testing.ServerProcess;
import com.reliably.testing.TestPostgres;
import io.restassured.response.Response;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the server answers while its PostgreSQL has no room, goes away or comes back: what can be sent again, and no more. */
class DatabaseTroubleIT {

    private static final int MEBIBYTE = 1 << 20;

    @TempDir
    Path directory;

    @Test
    void aFullDiskIsSaidOnceAndIsOverWhenThereIsRoom() throws Exception {
        Path disk = Files.createDirectory(directory.resolve("disk"));
        assumeTrue(
                Command.of("mount", "-t", "tmpfs", "-o", "size=64m,mode=0700", "none", disk.toString())
                                .run()
                                .exitCode()
                        == 0,
                "Only root may mount a file system of a certain size, and here even root may not always");
        try (EmbeddedPostgres postgres = TestPostgres.builder().start()) {
            Path tables = Files.createDirectory(disk.resolve("tables"));
            execute(postgres, "create tablespace small location '" + tables + "'");
            execute(postgres, "create database small tablespace small");
            try (ServerProcess server = on(postgres.getPort(), "small").start()) {
                store(server).then().statusCode(201);
                Path ballast = fill(disk);
                await().until(() -> store(server).statusCode() == 503);
                for (int i = 0; i < 20; i++) {
                    store(server)
                            .then()
                            .statusCode(503)
                            .header("Retry-After", "2")
                            .body("detail", containsString("no room left on its disk"));
                }
                given().baseUri(server.url())
                        .get("/q/health/ready")
                        .then()
                        .statusCode(503)
                        .body(containsString("no room left on its disk"));
                server.request().get("/deployments").then().statusCode(200);
                long lines = server.log()
                        .lines()
                        .filter(line -> line.contains("no room left on its disk"))
                        .count();
                assertEquals(1, lines, server::log);
                assertThat(server.logOfItsOwn(), not(containsString("\tat ")));

                Files.delete(ballast);
                server.awaitReady();
                store(server).then().statusCode(201);
                assertThat(server.log(), containsString("It is over"));
            }
        } finally {
            Command.of("umount", "-l", disk.toString()).run();
        }
    }

    /** Takes all that is left. */
    private static Path fill(Path disk) throws IOException {
        Path ballast = disk.resolve("ballast");
        byte[] piece = new byte[4096];
        try (OutputStream out = Files.newOutputStream(ballast)) {
            while (true) {
                out.write(piece);
            }
        } catch (IOException full) {
            return ballast;
        }
    }

    /** Half a megabyte that cannot be compressed, for which tables must grow. */
    private static Response store(ServerProcess server) {
        byte[] bytes = new byte[MEBIBYTE / 4];
        new Random().nextBytes(bytes);
        String text = java.util.HexFormat.of().formatHex(bytes);
        return server.request()
                .body(Map.of(
                        "definition",
                        Map.of("title", "large", "description", "n/a", "method", java.util.List.of(), "x", text)))
                .post("/experiments");
    }

    @Test
    void whatIsInterruptedByAnEndingDatabaseCanBeSentAgain() throws Exception {
        try (EmbeddedPostgres postgres = TestPostgres.builder()
                        .setDataDirectory(directory.resolve("postgres"))
                        .start();
                ServerProcess server = on(postgres.getPort(), "postgres").start()) {
            String deployment = server.request()
                    .body(Map.of("name", "d", "definition", Map.of("type", "noop")))
                    .post("/deployments")
                    .path("id");
            // 57P01: an administrator ends the connection.
            whileItWaits(
                    postgres,
                    server,
                    deployment,
                    backend -> execute(postgres, "select pg_terminate_backend(" + backend + ")"));
            // 57P02: another process of PostgreSQL has crashed, and this one ends for that.
            whileItWaits(postgres, server, deployment, backend -> Command.of("kill", "-QUIT", backend)
                    .run()
                    .succeeded());
            server.awaitReady();
            await().until(() -> server.request().get("/deployments").statusCode() == 200);
            // 57P03: PostgreSQL is about to stop, and takes no connections.
            try (Connection lastSession = postgres.getPostgresDatabase().getConnection();
                    Statement last = lastSession.createStatement()) {
                String postmaster = Files.readAllLines(directory.resolve("postgres/postmaster.pid"))
                        .get(0)
                        .strip();
                Command.of("kill", "-TERM", postmaster).run().succeeded();
                await().until(() -> refusesConnections(postgres));
                last.execute("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
                        + " and backend_type = 'client backend'");
                for (int i = 0; i < 5; i++) {
                    server.request().get("/deployments").then().statusCode(503).header("Retry-After", "2");
                }
                given().baseUri(server.url()).get("/q/health/ready").then().statusCode(503);
            }
            assertThat(server.log(), not(containsString("Unexpected failure")));
        }
    }

    private static boolean refusesConnections(EmbeddedPostgres postgres) {
        try (Connection connection = postgres.getPostgresDatabase().getConnection()) {
            return false;
        } catch (SQLException e) {
            return "57P03".equals(e.getSQLState());
        }
    }

    private interface Deed {
        void to(String backend) throws Exception;
    }

    /** Has a request wait for a row, and does something to the process of PostgreSQL that works for it. */
    private static void whileItWaits(EmbeddedPostgres postgres, ServerProcess server, String deployment, Deed deed)
            throws Exception {
        try (Connection holder = postgres.getPostgresDatabase().getConnection();
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("select 1 from deployment where id = '" + deployment + "' for update");
            CompletableFuture<Response> answer = CompletableFuture.supplyAsync(() -> server.request()
                    .body(Map.of("name", "d2", "definition", Map.of("type", "noop")))
                    .put("/deployments/" + deployment));
            String waiting = "select pid from pg_stat_activity where wait_event_type = 'Lock' limit 1";
            await().until(() -> !first(postgres, waiting).isEmpty());
            deed.to(first(postgres, waiting));
            answer.join().then().statusCode(503).header("Retry-After", equalTo("2"));
        } catch (SQLException e) {
            // Its own session ends with the crash, too.
            assertTrue(e.getSQLState().startsWith("57") || e.getSQLState().startsWith("08"), e.toString());
        }
    }

    private static String first(EmbeddedPostgres postgres, String query) throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            return rows.next() ? rows.getString(1) : "";
        }
    }

    private static void execute(EmbeddedPostgres postgres, String sql) throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private ServerProcess.Setup on(int port, String database) {
        return ServerProcess.on(directory.resolve("data-" + UUID.randomUUID()))
                .with("RELIABLY_BOOTSTRAP_TOKEN", "token-of-the-test-0123456789-abcdefghij")
                .with("QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://postgres:x@127.0.0.1:" + port + "/" + database);
    }
}
