package com.reliably.testing;

import static io.restassured.RestAssured.given;

import io.restassured.http.ContentType;
import io.restassured.specification.RequestSpecification;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.HttpsURLConnection;

/**
 * The packaged server as a process of its own, for tests that start, stop, kill and restart it. It is made by a
 * {@link Setup}, which can start it again on the same data, under the same address:
 *
 * <pre>{@code
 * ServerProcess.Setup setup = ServerProcess.on(dataDirectory).with("RELIABLY_…", "…");
 * try (ServerProcess server = setup.start()) {
 *     server.request().get("/deployments").then().statusCode(200);
 *     server.kill();
 * }
 * try (ServerProcess restarted = setup.start()) { … }
 * }</pre>
 *
 * <p>Closing it stops the server, its embedded PostgreSQL and everything else that it started, whatever the test did to
 * it before; it throws an {@link AssertionError} where the log says that something blocked an event loop.
 */
public final class ServerProcess implements AutoCloseable {

    private static final Duration READY_WITHIN = Duration.ofMinutes(4);
    private static final Duration CONNECTS_WITHIN = Duration.ofSeconds(2);
    private static final Duration ANSWERS_WITHIN = Duration.ofSeconds(5);
    private static final Duration STOP_WITHIN = Duration.ofSeconds(90);
    private static final long LOOK_EVERY_MILLIS = 100;
    // Several servers that start on two cores load their classes for as long.
    private static final Duration LONGEST_COMPUTATION = Duration.ofSeconds(4);

    // Most servers of the tests live for less than a minute: the optimizing compiler and a concurrent collector would
    // take
    // half of the processor time of a start, and give nothing back. ReadmeIT's server has what operators get.
    private static final List<String> FOR_A_SHORT_LIFE =
            List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m");

    private final Setup setup;
    private final Process process;
    private final Path log;
    private final Thread cleanUp;
    private final Standstills standstills = Standstills.noted();
    private final Set<ProcessHandle> startedByServer = new HashSet<>();
    private String orgId;
    private Instant frozenAt;

    private ServerProcess(Setup setup, Process process, Path log) {
        this.setup = setup;
        this.process = process;
        this.log = log;
        this.cleanUp = new Thread(this::stopEverything, "stop-server-" + process.pid());
        Runtime.getRuntime().addShutdownHook(cleanUp);
    }

    /** A server on this data directory, which need not exist; nothing is started yet. */
    public static Setup on(Path dataDirectory) {
        return new Setup(dataDirectory);
    }

    /** How a server is started; {@link #start} can be called again once the server before has ended. */
    public static final class Setup {

        private final Path dataDirectory;
        private final int port = FreePort.any();
        private final Map<String, String> environment = new HashMap<>();
        private boolean uv = true;
        private final List<String> arguments = new ArrayList<>();
        private boolean eventLoopsMayBlock;
        private boolean classArchive = true;
        private String url;
        private final List<String> wrapper = new ArrayList<>();

        private Setup(Path dataDirectory) {
            this.dataDirectory = dataDirectory.toAbsolutePath();
        }

        /**
         * Has managed runs install their clients with pip, as on hosts without uv. It takes ten times as long, for each server
         * anew: only for tests of the installation.
         */
        public Setup withPip() {
            uv = false;
            return this;
        }

        /** Sets an environment variable. Those of the test's own that configure a server are not handed on. */
        public Setup with(String variable, String value) {
            environment.put(variable, value);
            return this;
        }

        /** Has the test reach it by this URL, without a slash at the end, instead of by plain HTTP; with any certificate. */
        public Setup reachedAt(String otherUrl) {
            url = otherUrl;
            return this;
        }

        /** The port that it will listen on. */
        public int port() {
            return port;
        }

        /** Adds arguments for the JVM, such as {@code -Xmx256m}. */
        public Setup arguments(String... jvmArguments) {
            arguments.addAll(List.of(jvmArguments));
            return this;
        }

        /**
         * Does without the look for blocked event loops, of which a server cannot know that it was only its clock that
         * stood still.
         */
        public Setup eventLoopsMayBlock() {
            eventLoopsMayBlock = true;
            return this;
        }

        /** Has the server started by a program that takes its command line as arguments, and becomes it. */
        public Setup through(String... command) {
            wrapper.addAll(List.of(command));
            return this;
        }

        /** Has the server load its classes itself, which takes twice as long. */
        Setup withoutClassArchive() {
            classArchive = false;
            return this;
        }

        /** Starts the server and waits until it is ready. */
        public ServerProcess start() {
            ServerProcess server = launch();
            try {
                server.awaitReady();
                return server;
            } catch (RuntimeException | Error e) {
                server.close();
                throw e;
            }
        }

        /** Starts the server without waiting for anything. */
        public ServerProcess launch() {
            List<String> line = new ArrayList<>(wrapper);
            line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            line.addAll(FOR_A_SHORT_LIFE);
            if (classArchive) {
                line.addAll(ClassArchive.arguments(jar()));
            }
            line.addAll(arguments);
            line.add("-jar");
            line.add(jar().toString());
            try {
                Path logs = Files.createDirectories(Path.of("target", "server-logs"));
                Path log = Files.createTempFile(logs, "server-", ".log");
                ProcessBuilder builder = new ProcessBuilder(line)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .redirectInput(new File("/dev/null"));
                builder.environment()
                        .keySet()
                        .removeIf(name -> name.startsWith("QUARKUS_") || name.startsWith("RELIABLY_"));
                builder.environment().put("RELIABLY_DATA_DIR", dataDirectory.toString());
                builder.environment().put("QUARKUS_HTTP_PORT", Integer.toString(port));
                // Nothing of the tests leaves this machine.
                builder.environment().put("RELIABLY_GITHUB_API_URLS", "github.com=http://127.0.0.1:9");
                builder.environment().put("RELIABLY_DOCKER_HOST", "unix:///no/engine.sock");
                builder.environment()
                        .put("QUARKUS_VERTX_MAX_EVENT_LOOP_EXECUTE_TIME", BlockedEventLoop.REPORTED.toString());
                builder.environment()
                        .put("QUARKUS_VERTX_WARNING_EXCEPTION_TIME", BlockedEventLoop.LOOK_EVERY.toString());
                if (uv) {
                    builder.environment().put("PATH", Uv.ON_PATH);
                }
                builder.environment().putAll(environment);
                return new ServerProcess(this, builder.start(), log);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static Path jar() {
            Path jar = Path.of(System.getProperty("reliably.test.server-jar", "target/quarkus-app/quarkus-run.jar"))
                    .toAbsolutePath();
            if (!Files.exists(jar)) {
                throw new IllegalStateException(jar + " does not exist; 'mvn package' makes it");
            }
            return jar;
        }
    }

    /** The program uv, from PyPI; installed once for all tests. */
    private static final class Uv {
        static final String ON_PATH =
                PythonEnvironment.of("uv", "uv==0.9.11").program("uv").getParent() + ":" + System.getenv("PATH");
    }

    /**
     * Waits until the server says that it is ready.
     *
     * @throws IllegalStateException with the log, where it ends or takes longer than four minutes
     */
    public void awaitReady() {
        long deadline = System.nanoTime() + READY_WITHIN.toNanos();
        try {
            while (!isReady()) {
                // The pause between two looks ends early where the server does.
                if (process.waitFor(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
                    throw new IllegalStateException(
                            "the server ended with exit code " + process.exitValue() + ":\n" + log());
                }
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException("the server is not ready after " + READY_WITHIN + ":\n" + log());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /**
     * Not by the JDK's newer client, which waits in a way that makes the pool of threads, where classes of tests run side by
     * side, begin one more class.
     */
    private boolean isReady() {
        try {
            HttpURLConnection connection = (HttpURLConnection) new URL(url() + "/q/health/ready").openConnection();
            connection.setConnectTimeout((int) CONNECTS_WITHIN.toMillis());
            connection.setReadTimeout((int) ANSWERS_WITHIN.toMillis());
            if (connection instanceof HttpsURLConnection https) {
                https.setSSLSocketFactory(AnyCertificate.trusted().getSocketFactory());
                https.setHostnameVerifier((host, session) -> true);
            }
            try {
                return connection.getResponseCode() == 200;
            } finally {
                connection.disconnect();
            }
        } catch (IOException notYet) {
            return false;
        }
    }

    /** Its address, without a slash at the end. */
    public String url() {
        return setup.url != null ? setup.url : "http://127.0.0.1:" + setup.port;
    }

    /** Its port. */
    public int port() {
        return setup.port;
    }

    /** Its data directory. */
    public Path dataDirectory() {
        return setup.dataDirectory;
    }

    /** The operating system's number of the server's process. */
    public long pid() {
        return process.pid();
    }

    /** The operator's token: the one that the test configured, else the one that the server made. */
    public String token() {
        String configured = setup.environment.get("RELIABLY_BOOTSTRAP_TOKEN");
        if (configured != null) {
            return configured;
        }
        try {
            return Files.readString(setup.dataDirectory.resolve("token")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The id of the organisation that the operator's token belongs to. */
    public synchronized String orgId() {
        if (orgId == null) {
            orgId = given().relaxedHTTPSValidation()
                    .baseUri(url())
                    .auth()
                    .oauth2(token())
                    .get("/api/v1/organization")
                    .then()
                    .statusCode(200)
                    .extract()
                    .path("items[0].id");
        }
        return orgId;
    }

    /** A request with the operator's token, below the path of its organisation. */
    public RequestSpecification request() {
        return requestWith(token());
    }

    /** The same with another token. */
    public RequestSpecification requestWith(String other) {
        return given().relaxedHTTPSValidation()
                .baseUri(url())
                .basePath("/api/v1/organization/" + orgId())
                .auth()
                .oauth2(other)
                .contentType(ContentType.JSON);
    }

    /** What the server printed so far. The file stays in {@code target/server-logs}. */
    public String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same without the reports of busy event loops, which a server makes so soon for the tests only. */
    public String logOfItsOwn() {
        return BlockedEventLoop.leftOutOf(log());
    }

    /** Where it prints to. */
    public Path logFile() {
        return log;
    }

    /** Whether the process is there. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** Ends the server as {@code kill -9} does, and nothing else: what it started lives on. Returns when it is gone. */
    public void kill() {
        rememberChildren();
        process.destroyForcibly();
        awaitExit(STOP_WITHIN);
    }

    /** Stops the server in the midst of whatever it does, as SIGSTOP does; what it started goes on. */
    public void freeze() {
        frozenAt = Instant.now();
        signal("STOP");
    }

    /** Lets a frozen server go on; it does not know that it was away. */
    public void thaw() {
        signal("CONT");
        if (frozenAt != null) {
            standstills.add(frozenAt, Instant.now());
            frozenAt = null;
        }
    }

    private void signal(String name) {
        if (process.isAlive()) {
            // Not checked: the process may end at this very moment.
            Command.of("kill", "-" + name, Long.toString(process.pid())).run();
        }
    }

    /** Asks the server to stop, by SIGTERM, and waits until it has; returns its exit code. */
    public int terminate() {
        rememberChildren();
        process.destroy();
        return awaitExit(STOP_WITHIN);
    }

    /**
     * Waits until the server has ended by itself; returns its exit code.
     *
     * @throws IllegalStateException with the log, where it does not
     */
    public int awaitExit(Duration longest) {
        try {
            if (!process.waitFor(longest.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("the server is still there after " + longest + ":\n" + log());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Override
    public void close() {
        stopEverything();
        try {
            Runtime.getRuntime().removeShutdownHook(cleanUp);
        } catch (IllegalStateException alreadyShuttingDown) {
            // It has done its work then.
        }
        standstills.close();
        if (!setup.eventLoopsMayBlock) {
            failWhereAnEventLoopWasBlocked();
        }
    }

    private void failWhereAnEventLoopWasBlocked() {
        List<BlockedEventLoop> blocked = BlockedEventLoop.inLog(log().lines().toList()).stream()
                .map(loop -> loop.without(standstills::within))
                .filter(loop -> loop.isTooLong(LONGEST_COMPUTATION))
                .toList();
        if (!blocked.isEmpty()) {
            throw new AssertionError(BlockedEventLoop.described(blocked) + "\nsee " + log);
        }
    }

    private void rememberChildren() {
        process.descendants().forEach(startedByServer::add);
    }

    /** SIGTERM first, so that PostgreSQL's data stay good for a restart. */
    private synchronized void stopEverything() {
        rememberChildren();
        process.destroy();
        // A frozen one does not see that it is to stop.
        thaw();
        try {
            if (!process.waitFor(STOP_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
            }
            stopLeftOverDatabase();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
        startedByServer.forEach(ProcessHandle::destroyForcibly);
        startedByServer.clear();
    }

    /** After a kill, PostgreSQL goes on, and it is nobody's child. SIGINT is its fast shutdown. */
    private void stopLeftOverDatabase() throws InterruptedException {
        Path data = setup.dataDirectory.resolve("postgres-17");
        try {
            Path pidFile = data.resolve("postmaster.pid");
            if (!Files.exists(pidFile)) {
                return;
            }
            long pid = Long.parseLong(Files.readAllLines(pidFile).get(0).strip());
            ProcessHandle database = ProcessHandle.of(pid)
                    .filter(p -> p.info().commandLine().orElse("").contains(data.toString()))
                    .orElse(null);
            if (database != null) {
                new ProcessBuilder("kill", "-INT", Long.toString(pid)).start().waitFor();
                database.onExit()
                        .orTimeout(30, TimeUnit.SECONDS)
                        .handle((gone, late) -> gone)
                        .join();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
