package com.reliably.runner.kubernetes;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The API server of a cluster, where it is a process of this machine: it is killed, and started again as it had been
 * started. Closing it leaves an API server that answers, whatever the test did, because other tests need it; so does the
 * end of this JVM in the midst of a test.
 *
 * <p>Linux says in {@code /proc} what it takes to start a process again. One in a container is left alone: who made the
 * container starts it.
 */
final class ApiServerProcess implements AutoCloseable {

    private static final String PROGRAM = "kube-apiserver";
    private static final int DEFAULT_PORT = 6443;
    private static final Duration ANSWERS_WITHIN = Duration.ofMinutes(4);
    /** A number, and the end of its line. */
    private static final int LONGEST_PID_FILE = 16;

    private final TestCluster cluster;
    private final InetSocketAddress address;
    private final List<String> line;
    private final List<String> environment;
    private final Path directory;
    private final Path output;
    private final Thread cleanUp = new Thread(this::start, "start-api-server");
    private ProcessHandle process;

    private ApiServerProcess(TestCluster cluster, ProcessHandle process) throws IOException {
        Path about = about(process);
        this.cluster = cluster;
        this.address = addressOf(cluster);
        this.process = process;
        this.line = strings(about.resolve("cmdline"));
        this.environment = strings(about.resolve("environ"));
        this.directory = about.resolve("cwd").toRealPath();
        Path printsTo = Files.readSymbolicLink(about.resolve("fd/1"));
        this.output = Files.isRegularFile(printsTo) ? printsTo : null;
        Runtime.getRuntime().addShutdownHook(cleanUp);
    }

    /** The process that serves a cluster; empty where it is none of this machine, or none that could be started again. */
    static Optional<ApiServerProcess> of(TestCluster cluster) {
        if (!isThisMachine(addressOf(cluster).getAddress())) {
            return Optional.empty();
        }
        return ProcessHandle.allProcesses()
                .filter(process -> serves(process, cluster.apiPort()))
                .findFirst()
                .map(process -> {
                    try {
                        return new ApiServerProcess(cluster, process);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
    }

    private static boolean serves(ProcessHandle process, int port) {
        try {
            List<String> line = strings(about(process).resolve("cmdline"));
            // One binary may hold all programs of a cluster; the first argument says then which one it is.
            boolean isApiServer = line.stream()
                    .limit(2)
                    .anyMatch(word -> Path.of(word).getFileName() != null
                            && Path.of(word).getFileName().toString().equals(PROGRAM));
            return isApiServer && portOf(line) == port && isOfThisUserAndOutsideOfContainers(process);
        } catch (IOException goneOrNotOurs) {
            return false;
        }
    }

    private static int portOf(List<String> line) {
        String option = "--secure-port";
        for (int i = 0; i < line.size(); i++) {
            if (line.get(i).startsWith(option + "=")) {
                return Integer.parseInt(line.get(i).substring(option.length() + 1));
            }
            if (line.get(i).equals(option) && i + 1 < line.size()) {
                return Integer.parseInt(line.get(i + 1));
            }
        }
        return DEFAULT_PORT;
    }

    private static boolean isOfThisUserAndOutsideOfContainers(ProcessHandle process) throws IOException {
        Path mounts = Path.of("ns", "mnt");
        return process.info().user().equals(ProcessHandle.current().info().user())
                && Files.readSymbolicLink(about(process).resolve(mounts))
                        .equals(Files.readSymbolicLink(
                                about(ProcessHandle.current()).resolve(mounts)));
    }

    private static Path about(ProcessHandle process) {
        return Path.of("/proc", Long.toString(process.pid()));
    }

    private static List<String> strings(Path file) throws IOException {
        return Stream.of(Files.readString(file, StandardCharsets.ISO_8859_1).split("\0"))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    private static InetSocketAddress addressOf(TestCluster cluster) {
        URL url = cluster.admin().getMasterUrl();
        return new InetSocketAddress(url.getHost(), url.getPort());
    }

    private static boolean isThisMachine(InetAddress address) {
        try {
            return address != null
                    && (address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends it as {@code kill -9} does; returns when nothing listens at its port. */
    synchronized void kill() {
        process.destroyForcibly();
        await("the end of the API server").until(() -> !listens());
    }

    /** Starts it again, where nobody else has; it does not answer at once. */
    synchronized void start() {
        if (listens() || process.isAlive() && process.parent().equals(Optional.of(ProcessHandle.current()))) {
            return;
        }
        // In a session of its own, so that a signal to the terminal of the tests does not reach it.
        List<String> command = new ArrayList<>(List.of("setsid"));
        command.addAll(line);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(
                        output == null
                                ? ProcessBuilder.Redirect.DISCARD
                                : ProcessBuilder.Redirect.appendTo(output.toFile()))
                .redirectInput(new File("/dev/null"));
        builder.environment().clear();
        environment.stream().filter(variable -> variable.indexOf('=') > 0).forEach(variable -> builder.environment()
                .put(variable.substring(0, variable.indexOf('=')), variable.substring(variable.indexOf('=') + 1)));
        try {
            long before = process.pid();
            process = builder.start().toHandle();
            tellPidFiles(before, process.pid());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean listens() {
        try (Socket socket = new Socket()) {
            socket.connect(address, 1000);
            return true;
        } catch (IOException refused) {
            return false;
        }
    }

    /** Who started the cluster finds the process that it is to end by a file with its number. */
    private void tellPidFiles(long before, long now) throws IOException {
        List<Path> candidates = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "*pid*")) {
            for (Path entry : entries) {
                if (Files.isDirectory(entry)) {
                    try (Stream<Path> files = Files.list(entry)) {
                        files.forEach(candidates::add);
                    }
                } else {
                    candidates.add(entry);
                }
            }
        }
        for (Path file : candidates) {
            if (Files.isRegularFile(file)
                    && Files.size(file) <= LONGEST_PID_FILE
                    && Objects.equals(Files.readString(file).strip(), Long.toString(before))) {
                Files.writeString(file, now + "\n");
            }
        }
    }

    /** Waits until the cluster answers. */
    void awaitAnswer() {
        await("an answer of the API server, which prints to " + output)
                .atMost(ANSWERS_WITHIN)
                .ignoreExceptions()
                .until(() -> "ok".equals(cluster.admin().raw("/readyz")));
    }

    @Override
    public void close() {
        start();
        try {
            Runtime.getRuntime().removeShutdownHook(cleanUp);
        } catch (IllegalStateException alreadyShuttingDown) {
            // It starts the API server itself then.
        }
        awaitAnswer();
    }
}
