package com.reliably.start;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A PostgreSQL of the server's own, for whoever has none: durable, reachable from this host only and only with a
 * password that stands in the data directory. Why the programs come from a test library and how they are started
 * stands in docs/adr/0003.
 */
final class EmbeddedDatabase {

    /** The data of another major version cannot be opened, so its number is part of the directory's name. */
    private static final String DIRECTORY = "postgres-17";

    /** Inside the data, so that every copy of the directory has it: says that the directory was made to its end. */
    private static final String COMPLETE = "reliably-complete";

    private static final String LOG_FILE = "database.log";
    private static final String PASSWORD_FILE = "database-password";
    private static final String USER = "postgres";
    private static final String DATABASE = "postgres";

    /** Recovery after a crash reads up to max_wal_size of log before it lets anybody in. */
    private static final Duration START_WITHIN = Duration.ofMinutes(5);

    private static final Duration STOP_WITHIN = Duration.ofSeconds(60);
    private static final int ATTEMPTS = 20;
    private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(500);

    private static final List<String> SETTINGS = List.of(
            "fsync=on",
            "synchronous_commit=on",
            "full_page_writes=on",
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=60",
            "max_wal_size=2GB",
            "timezone=UTC",
            // Statements that fail are the server's to report; they may hold what does not belong in a file.
            "log_min_messages=log",
            "log_min_error_statement=panic",
            "log_checkpoints=off");

    private final PostgresBinaries binaries;
    private final Path data;
    private final Path log;
    private final String password;
    private int port;

    private EmbeddedDatabase(PostgresBinaries binaries, DataDirectory directory, String password) {
        this.binaries = binaries;
        this.data = directory.resolve(DIRECTORY);
        this.log = directory.resolve(LOG_FILE);
        this.password = password;
    }

    /**
     * Starts the database of a data directory that this process has locked. The first start takes seconds.
     *
     * @throws StartFailure where it does not come up
     */
    static EmbeddedDatabase start(DataDirectory directory) {
        if (directory.path().toString().matches("(?s).*[\"$`\\\\\n].*")) {
            throw new StartFailure("PostgreSQL cannot use the data directory " + directory.path()
                    + ": its name has a quote, a dollar sign, a backslash or a line break");
        }
        try {
            String password = directory.read(PASSWORD_FILE).orElseGet(() -> makePassword(directory));
            EmbeddedDatabase database = new EmbeddedDatabase(PostgresBinaries.unpacked(directory), directory, password);
            database.stopLeftOver();
            if (!Files.exists(database.data.resolve(COMPLETE))) {
                database.make(directory.resolve(PASSWORD_FILE));
            }
            database.launch();
            return database;
        } catch (IOException e) {
            throw new StartFailure("the embedded database in " + directory.resolve(DIRECTORY) + " does not start", e);
        }
    }

    DatabaseUrl url() {
        return DatabaseUrl.of("postgresql://127.0.0.1:" + port + "/" + DATABASE + "?sslmode=disable", null);
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
            PostgresBinaries.Outcome outcome = binaries.run(
                    "pg_ctl",
                    List.of(
                            "stop",
                            "-D",
                            data.toString(),
                            "-m",
                            "fast",
                            "-w",
                            "-t",
                            Long.toString(STOP_WITHIN.toSeconds())));
            if (!outcome.succeeded()) {
                // Every commit is on disk already; the next start finds the process, if there is one, and stops it.
                System.err.println("The embedded database did not stop cleanly: " + outcome.output());
            }
        } catch (IOException e) {
            System.err.println("The embedded database was not stopped: " + e.getMessage());
        }
    }

    private static String makePassword(DataDirectory directory) {
        byte[] random = new byte[24];
        new SecureRandom().nextBytes(random);
        String password = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        directory.write(PASSWORD_FILE, password);
        return password;
    }

    private void make(Path passwordFile) throws IOException {
        System.out.println("First start: making a database in " + data);
        if (Files.exists(data)) {
            // Cut off while it was made, most likely; but what somebody may have put there is not ours to delete.
            Path aside = data.resolveSibling(DIRECTORY + ".incomplete");
            FileTree.delete(aside);
            Files.move(data, aside);
        }
        PostgresBinaries.Outcome made = binaries.run(
                "initdb",
                List.of(
                        "-D",
                        data.toString(),
                        "-U",
                        USER,
                        "-E",
                        "UTF8",
                        // The same order and case rules on every host, whatever locales it has.
                        "--locale=C",
                        "--locale-provider=builtin",
                        "--builtin-locale=C.UTF-8",
                        // Other users of this host can reach a local port; without a password they would own the
                        // database.
                        "--auth=scram-sha-256",
                        "--pwfile=" + passwordFile,
                        "--data-checksums"));
        if (!made.succeeded()) {
            throw new StartFailure("no database can be made in " + data + ": " + made.output());
        }
        Files.createFile(data.resolve(COMPLETE));
        FileTree.makeDurable(data);
    }

    private void launch() throws IOException {
        if (Files.exists(log)) {
            Files.move(log, log.resolveSibling(LOG_FILE + ".old"), StandardCopyOption.REPLACE_EXISTING);
        }
        for (int attempt = 1; ; attempt++) {
            port = freePort();
            long logged = Files.exists(log) ? Files.size(log) : 0;
            PostgresBinaries.Outcome outcome = binaries.run(
                    "pg_ctl",
                    List.of(
                            "start",
                            "-D",
                            data.toString(),
                            "-l",
                            log.toString(),
                            "-o",
                            options(),
                            "-w",
                            "-t",
                            Long.toString(START_WITHIN.toSeconds())));
            if (outcome.succeeded()) {
                return;
            }
            String cause = logSince(logged);
            if (attempt == ATTEMPTS || !passes(cause)) {
                throw new StartFailure("the embedded database in " + data + " does not start; its log " + log
                        + " says:\n" + (cause.isEmpty() ? outcome.output() : cause));
            }
            pause();
        }
    }

    /** Somebody else took the port meanwhile, or processes of a killed PostgreSQL are about to notice its end. */
    private static boolean passes(String cause) {
        return cause.contains("Address already in use") || cause.contains("is still in use");
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(BETWEEN_ATTEMPTS.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartFailure("interrupted");
        }
    }

    private String options() {
        List<String> options = new ArrayList<>(List.of("-p " + port));
        SETTINGS.forEach(setting -> options.add("-c " + setting));
        return String.join(" ", options);
    }

    private String logSince(long position) throws IOException {
        if (!Files.exists(log)) {
            return "";
        }
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            file.seek(position);
            byte[] bytes = new byte[(int) Math.min(file.length() - position, 4000)];
            file.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8).strip();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** After a kill -9 of this server, its PostgreSQL goes on; two on the same files would destroy them. */
    private void stopLeftOver() throws IOException {
        Path pidFile = data.resolve("postmaster.pid");
        if (!Files.exists(pidFile)) {
            return;
        }
        List<String> lines = new ArrayList<>(Files.readAllLines(pidFile));
        Optional<ProcessHandle> named = lines.isEmpty() || !lines.get(0).strip().matches("[0-9]{1,10}")
                ? Optional.empty()
                : ProcessHandle.of(Long.parseLong(lines.get(0).strip()));
        if (named.isEmpty()) {
            return;
        }
        if (isPostgresOfThis(named.get())) {
            stop(named.get());
            return;
        }
        // The number belongs to something else by now, as it happens when a container starts again, and PostgreSQL
        // would refuse to start. The file itself must stay: it names the shared memory by which PostgreSQL finds
        // out whether processes of its predecessor still live.
        lines.set(0, Long.toString(endedProcess()));
        Files.write(pidFile, lines);
    }

    private void stop(ProcessHandle postgres) throws IOException {
        try {
            // SIGINT is PostgreSQL's fast shutdown; Java itself can only send SIGTERM, which waits for clients.
            new ProcessBuilder("sh", "-c", "kill -INT " + postgres.pid())
                    .start()
                    .waitFor();
            postgres.onExit().get(STOP_WITHIN.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartFailure("interrupted");
        } catch (ExecutionException | TimeoutException e) {
            throw new StartFailure("the PostgreSQL process " + postgres.pid() + " of an earlier server still uses "
                    + data + " and does not stop; stop it by hand");
        }
    }

    private static long endedProcess() throws IOException {
        Process process = new ProcessBuilder("sh", "-c", ":").start();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartFailure("interrupted");
        }
        return process.pid();
    }

    private boolean isPostgresOfThis(ProcessHandle process) {
        String command = process.info().commandLine().orElse("");
        return command.contains("postgres") && command.contains(data.toString());
    }
}
