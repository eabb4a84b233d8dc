package com.reliably.start;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A PostgreSQL of the server's own, for whoever has none: durable, reachable from this host only and only with a
 * password that stands in the data directory.
 *
 * <p>The library behind it is made for tests; what is unsafe in its defaults is set right here (docs/adr/0003).
 */
final class EmbeddedDatabase {

    /** The data of another major version cannot be opened, so its number is part of the directory's name. */
    private static final String DIRECTORY = "postgres-17";

    private static final String READY = DIRECTORY + ".ready";
    private static final String PASSWORD_FILE = "database-password";
    private static final String USER = "postgres";
    private static final Duration START_WITHIN = Duration.ofSeconds(60);
    private static final Duration STOP_WITHIN = Duration.ofSeconds(30);

    private final EmbeddedPostgres postgres;
    private final String password;

    private EmbeddedDatabase(EmbeddedPostgres postgres, String password) {
        this.postgres = postgres;
        this.password = password;
    }

    /**
     * Starts the database of a data directory that this process has locked. The first start takes seconds.
     *
     * @throws StartFailure where it does not come up
     */
    static EmbeddedDatabase start(DataDirectory directory) {
        Path data = directory.resolve(DIRECTORY);
        boolean first = directory.read(READY).isEmpty();
        try {
            if (first) {
                // A first start that was cut off left nothing that anybody was told of.
                System.out.println("First start: making a database in " + data);
                stopLeftOver(data);
                deleteRecursively(data);
            } else {
                stopLeftOver(data);
            }
            String password = directory.read(PASSWORD_FILE).orElseGet(() -> makePassword(directory));
            EmbeddedPostgres postgres = launch(directory, data, password, first);
            if (first) {
                requirePassword(postgres, data, password);
                directory.write(READY, "The database of this server was made completely.");
            }
            return new EmbeddedDatabase(postgres, password);
        } catch (IOException | SQLException e) {
            throw new StartFailure("the embedded database in " + data + " does not start", e);
        }
    }

    DatabaseUrl url() {
        return DatabaseUrl.of("postgresql://127.0.0.1:" + postgres.getPort() + "/postgres", null);
    }

    String userName() {
        return USER;
    }

    String password() {
        return password;
    }

    /** Stops it, waiting until everything is on disk. */
    void stop() {
        try {
            postgres.close();
        } catch (IOException e) {
            // Every commit is on disk already; the next start finds the process and stops it.
            System.err.println("The embedded database did not stop cleanly: " + e.getMessage());
        }
    }

    private static EmbeddedPostgres launch(DataDirectory directory, Path data, String password, boolean first)
            throws IOException {
        File work = directory.resolve("postgres-binaries").toFile();
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setRegisterShutdownHook(false)
                .setOverrideWorkingDirectory(work)
                .setPGStartupWait(START_WITHIN)
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("full_page_writes", "on")
                .setServerConfig("listen_addresses", "127.0.0.1")
                .setServerConfig("max_connections", "60")
                .setServerConfig("max_wal_size", "2GB");
        if (!first) {
            builder.setConnectConfig("password", password);
        }
        return builder.start();
    }

    private static String makePassword(DataDirectory directory) {
        byte[] random = new byte[24];
        new SecureRandom().nextBytes(random);
        String password = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        directory.write(PASSWORD_FILE, password);
        return password;
    }

    /** Other users of this host can reach a local port; without a password they would be the database's owner. */
    private static void requirePassword(EmbeddedPostgres postgres, Path data, String password)
            throws SQLException, IOException {
        PGSimpleDataSource source = (PGSimpleDataSource) postgres.getPostgresDatabase(Map.of());
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            // The password has only letters, digits, '-' and '_'.
            statement.execute("alter role " + USER + " password '" + password + "'");
            Files.writeString(data.resolve("pg_hba.conf"), "host all all 127.0.0.1/32 scram-sha-256\n",
                    StandardCharsets.UTF_8);
            statement.execute("select pg_reload_conf()");
        }
    }

    /** After a kill -9 of this server, its PostgreSQL goes on; two on the same files would destroy them. */
    private static void stopLeftOver(Path data) throws IOException {
        Path pidFile = data.resolve("postmaster.pid");
        if (!Files.exists(pidFile)) {
            return;
        }
        List<String> lines = Files.readAllLines(pidFile);
        Optional<ProcessHandle> process = lines.isEmpty()
                ? Optional.empty()
                : ProcessHandle.of(Long.parseLong(lines.get(0).strip())).filter(p -> isPostgresOf(p, data));
        if (process.isEmpty()) {
            Files.deleteIfExists(pidFile);
            return;
        }
        try {
            // SIGINT is PostgreSQL's fast shutdown; Java itself can only send SIGTERM, which waits for clients.
            new ProcessBuilder("kill", "-INT", Long.toString(process.get().pid())).start().waitFor();
            process.get().onExit().get(STOP_WITHIN.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartFailure("interrupted");
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
            throw new StartFailure("the PostgreSQL process " + process.get().pid() + " of an earlier server still uses "
                    + data + " and does not stop; stop it by hand");
        }
    }

    private static boolean isPostgresOf(ProcessHandle process, Path data) {
        String command = process.info().commandLine().orElse("");
        return command.contains("postgres") && command.contains(data.toString());
    }

    private static void deleteRecursively(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
