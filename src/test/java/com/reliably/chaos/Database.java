package com.reliably.chaos;

import com.reliably.testing.Command;
import com.reliably.testing.TestPostgres;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.logging.Level;
import java.util.logging.Logger;

/** A PostgreSQL that can be crashed and started again, on the same data and port. */
final class Database implements AutoCloseable {

    // A field, so that the level stays. To the library, a database that has been crashed is an error.
    private static final Logger LIBRARY_LOG = Logger.getLogger("io.zonky.test.db.postgres.embedded");
    private static final int CONNECTIONS = 150;
    private static final Duration START_WITHIN = Duration.ofSeconds(60);
    private static final int ATTEMPTS = 5;

    private final Path data;
    private final EmbeddedPostgres postgres;
    private final Path programs;

    private Database(Path data, EmbeddedPostgres postgres) throws IOException {
        this.data = data;
        this.postgres = postgres;
        this.programs = Path.of(postmaster().info().command().orElseThrow()).getParent();
    }

    static Database startOn(Path data) throws IOException {
        LIBRARY_LOG.setLevel(Level.OFF);
        return new Database(
                data,
                TestPostgres.builder()
                        .setDataDirectory(data)
                        .setCleanDataDirectory(false)
                        .setServerConfig("max_connections", Integer.toString(CONNECTIONS))
                        // The library's own settings forget the latest commits in a crash.
                        .setServerConfig("fsync", "on")
                        .setServerConfig("synchronous_commit", "on")
                        .setServerConfig("restart_after_crash", "off")
                        .start());
    }

    private ProcessHandle postmaster() throws IOException {
        String pid = Files.readAllLines(data.resolve("postmaster.pid")).get(0).strip();
        return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
    }

    int port() {
        return postgres.getPort();
    }

    /** Where it is, for a server that reaches it over this port. */
    static String url(int port) {
        return "postgresql://postgres:x@127.0.0.1:" + port + "/postgres?sslmode=disable";
    }

    /** Ends it at once, as {@code pg_ctl stop -m immediate} does: open transactions are gone, as after a crash. */
    void crash() {
        try {
            ProcessHandle postmaster = postmaster();
            Command.of("kill", "-QUIT", Long.toString(postmaster.pid())).run();
            postmaster.onExit().get(START_WITHIN.toSeconds(), TimeUnit.SECONDS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new IllegalStateException("PostgreSQL does not stop", e);
        }
    }

    /** Starts it again after a crash. */
    void restart() {
        List<String> line = new ArrayList<>();
        if (System.getProperty("user.name").equals("root")) {
            // PostgreSQL refuses to be root; the library starts it like this, too.
            line.addAll(List.of("unshare", "-U"));
        }
        // A restart takes the options of the last start.
        line.addAll(List.of(programs.resolve("pg_ctl").toString(), "restart", "-w", "-D", data.toString()));
        Path log = data.resolveSibling("postgres.log");
        line.addAll(List.of("-t", Long.toString(START_WITHIN.toSeconds()), "-l", log.toString()));
        for (int attempt = 1; !succeeds(line, log); attempt++) {
            // Its last processes may still be about to end, and hold what the new ones need.
            if (attempt == ATTEMPTS) {
                throw new IllegalStateException("PostgreSQL does not start, see " + log);
            }
        }
    }

    private static boolean succeeds(List<String> line, Path log) {
        try {
            // Not a Command, which ends what it has started.
            return new ProcessBuilder(line)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** The database's own time. */
    Instant now() throws SQLException {
        return rows("select now()", row -> row.getObject(1, OffsetDateTime.class))
                .get(0)
                .toInstant();
    }

    long count(String sql, Object... parameters) throws SQLException {
        return rows(sql, row -> row.getLong(1), parameters).get(0);
    }

    /** What a query finds, past all servers. */
    <T> List<T> rows(String sql, RowReader<T> reader, Object... parameters) throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            List<T> found = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(reader.read(rows));
                }
            }
            return found;
        }
    }

    /** Makes something of a row. */
    interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    @Override
    public void close() throws IOException {
        postgres.close();
    }
}
