package com.reliably.start;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.reliably.testing.Command;
import com.reliably.testing.FreePort;
import com.reliably.testing.OnEveryJdk;
import com.reliably.testing.ServerProcess;
import com.reliably.testing.TestPostgres;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged server on a PostgreSQL of the operator's. */
@OnEveryJdk
class ExternalDatabaseIT {

    private static final Logger DATABASE_LOG = Logger.getLogger("io.zonky.test.db.postgres.embedded");
    private static final String PASSWORD = "p@ss:w/rd";
    private static final String TOKEN = "token-of-the-test-0123456789-abcdefghij";
    private static final String ENCODED = "p%40ss%3Aw%2Frd";

    private static EmbeddedPostgres postgres;

    @TempDir
    Path directory;

    @BeforeAll
    static void startDatabase() throws Exception {
        DATABASE_LOG.setLevel(Level.WARNING);
        // With passwords, which the library's own default does not ask for.
        postgres = TestPostgres.builder()
                .setLocaleConfig("auth-host", "scram-sha-256")
                .setDataDirectoryCustomizer(ExternalDatabaseIT::letTheTestIn)
                .start();
    }

    private static void letTheTestIn(File data) {
        write(data.toPath().resolve("pg_hba.conf"), """
                host all postgres 127.0.0.1/32 trust
                host all all      127.0.0.1/32 scram-sha-256
                """);
    }

    private static void write(Path file, String content) {
        try {
            Files.writeString(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterAll
    static void stopDatabase() throws IOException {
        postgres.close();
    }

    @Test
    void theReactiveUrlAloneIsEnoughWithCredentialsInIt() throws Exception {
        String name = newDatabase();
        assertServes(server().with(
                        "QUARKUS_DATASOURCE_REACTIVE_URL",
                        "postgresql://" + name + ":" + ENCODED + "@127.0.0.1:" + postgres.getPort() + "/" + name));
    }

    @Test
    void theReactiveUrlAloneIsEnoughWithTheOldPrefixParametersAndCredentialsApart() throws Exception {
        String name = newDatabase();
        try (Connection connection = postgres.getDatabase("postgres", name).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create schema chaos authorization \"" + name + "\"");
        }
        assertServes(server().with(
                        "QUARKUS_DATASOURCE_REACTIVE_URL",
                        "vertx-reactive:postgresql://127.0.0.1:" + postgres.getPort() + "/" + name
                                + "?sslmode=disable&search_path=chaos&application_name=reliably")
                .with("QUARKUS_DATASOURCE_USERNAME", name)
                .with("QUARKUS_DATASOURCE_PASSWORD", PASSWORD));
        try (Connection connection = postgres.getDatabase("postgres", name).getConnection();
                Statement statement = connection.createStatement()) {
            // Both clients went by the same parameters.
            statement.executeQuery("select from chaos.deployment").close();
        }
    }

    @Test
    void theJdbcUrlAloneIsEnough() throws Exception {
        String name = newDatabase();
        assertServes(server().with(
                        "QUARKUS_DATASOURCE_JDBC_URL",
                        "jdbc:postgresql://127.0.0.1:" + postgres.getPort() + "/" + name + "?user=" + name
                                + "&password=" + ENCODED + "&connectTimeout=5"));
    }

    @Test
    void connectionsAreEncryptedAsTheUrlSays() throws Exception {
        Path key = directory.resolve("server.key");
        Path certificate = directory.resolve("server.crt");
        Command.of(
                        "openssl",
                        "req",
                        "-new",
                        "-x509",
                        "-days",
                        "1",
                        "-nodes",
                        "-subj",
                        "/CN=localhost",
                        "-addext",
                        "subjectAltName=DNS:localhost",
                        "-keyout",
                        key.toString(),
                        "-out",
                        certificate.toString())
                .run()
                .succeeded();
        try (EmbeddedPostgres encrypted = TestPostgres.builder()
                .setServerConfig("ssl", "on")
                .setServerConfig("ssl_key_file", key.toString())
                .setServerConfig("ssl_cert_file", certificate.toString())
                .setDataDirectoryCustomizer(data -> write(data.toPath().resolve("pg_hba.conf"), """
                        hostnossl all all 127.0.0.1/32 reject
                        hostssl all all 127.0.0.1/32 trust
                        """))
                .setConnectConfig("sslmode", "require")
                .start()) {
            String url = "postgresql://postgres:x@localhost:" + encrypted.getPort() + "/postgres?sslmode=";
            for (String mode : List.of("require", "verify-full&sslrootcert=" + certificate)) {
                assertServes(server().with("QUARKUS_DATASOURCE_REACTIVE_URL", url + mode));
            }
            StartIT.assertRefused(server().with("QUARKUS_DATASOURCE_REACTIVE_URL", url + "verify-full"), "sslrootcert");
        }
    }

    @Test
    void readyGoesDownWithTheDatabaseAndComesBackWithIt() throws Exception {
        Path data = Files.createTempDirectory("external");
        EmbeddedPostgres own = startOn(data, FreePort.any());
        int port = own.getPort();
        try (ServerProcess server = server().with(
                        "QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://postgres:x@127.0.0.1:" + port + "/postgres")
                .start()) {
            server.request().get("/deployments").then().statusCode(200);
            own.close();
            await().until(() ->
                    given().baseUri(server.url()).get("/q/health/ready").statusCode() == 503);
            server.request().get("/deployments").then().statusCode(503);
            own = startOn(data, port);
            server.awaitReady();
            await().until(() -> server.request().get("/deployments").statusCode() == 200);
        } finally {
            own.close();
        }
    }

    private static EmbeddedPostgres startOn(Path data, int port) throws IOException {
        return TestPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setPort(port)
                .start();
    }

    @Test
    void aDatabaseThatIsNotThereOrRefusesIsNamed() throws Exception {
        String name = newDatabase();
        String place = "@127.0.0.1:" + postgres.getPort() + "/";
        StartIT.assertRefused(
                server().with("QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://u:p@127.0.0.1:1/d"),
                "the database cannot be reached");
        StartIT.assertRefused(
                server().with("QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://" + name + ":wrong" + place + name),
                "the database refuses the user or the password");
        StartIT.assertRefused(
                server().with(
                                "QUARKUS_DATASOURCE_REACTIVE_URL",
                                "postgresql://" + name + ":" + ENCODED + place + "absent"),
                "no such database");
        StartIT.assertRefused(
                server().with("QUARKUS_DATASOURCE_REACTIVE_URL", "mysql://h/d"),
                "QUARKUS_DATASOURCE_REACTIVE_URL must look like");
    }

    /** After a downgrade the advice of the library, to repair its table, would do harm. */
    @Test
    void aDatabaseOfANewerServerIsLeftAlone() throws Exception {
        String name = newDatabase();
        ServerProcess.Setup setup = server().with(
                        "QUARKUS_DATASOURCE_REACTIVE_URL",
                        "postgresql://" + name + ":" + ENCODED + "@127.0.0.1:" + postgres.getPort() + "/" + name);
        assertServes(setup);
        try (Connection connection = postgres.getDatabase("postgres", name).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "insert into flyway_schema_history select installed_rank + 1, '9999', 'of a newer server', type,"
                            + " 'V9999__of_a_newer_server.sql', 1, installed_by, now(), 1, true from flyway_schema_history"
                            + " order by installed_rank desc limit 1");
        }
        try (ServerProcess refused = setup.launch()) {
            assertEquals(1, refused.awaitExit(Duration.ofMinutes(3)), refused::log);
            assertThat(refused.log(), containsString("migrated by a newer version of this server"));
            assertThat(refused.log().toLowerCase(), not(containsString("repair")));
        }
    }

    private ServerProcess.Setup server() {
        return ServerProcess.on(directory.resolve("data-" + UUID.randomUUID()));
    }

    private void assertServes(ServerProcess.Setup setup) {
        try (ServerProcess server =
                setup.with("RELIABLY_BOOTSTRAP_TOKEN", TOKEN).start()) {
            server.request()
                    .body(Map.of("name", "there-" + UUID.randomUUID(), "definition", Map.of("type", "noop")))
                    .post("/deployments")
                    .then()
                    .statusCode(201);
            assertFalse(Files.exists(server.dataDirectory().resolve("postgres-17")), "nothing embedded");
            assertFalse(Files.exists(server.dataDirectory().resolve("postgres-binaries")), "nothing embedded");
            assertFalse(server.log().contains(PASSWORD));
        }
    }

    /** A user, and a database of its own, both of this name. */
    private static String newDatabase() throws Exception {
        String name = "d" + UUID.randomUUID().toString().replace("-", "");
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create role " + name + " login password '" + PASSWORD + "'");
            statement.execute("create database " + name + " owner " + name);
        }
        return name;
    }
}
