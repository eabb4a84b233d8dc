package com.reliably.runner.docker;

import static org.awaitility.Awaitility.await;

import com.reliably.testing.Command;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A Docker engine of a test's own, which it may stop and start again, and whose disk is small. */
final class PrivateEngine implements AutoCloseable {

    private static final String DISK = "700m";

    private final Path directory;
    private final List<String> moreArguments;
    private Process process;

    /**
     * An engine that keeps everything below a directory; nothing is started yet.
     *
     * @param directory     short: the path of a socket has few characters
     * @param moreArguments of {@code dockerd}
     */
    PrivateEngine(Path directory, String... moreArguments) {
        this.directory = directory;
        this.moreArguments = List.of(moreArguments);
    }

    /** Whether this machine can have one. */
    static boolean isPossible() {
        return Files.isExecutable(Path.of("/usr/sbin/dockerd")) && "root".equals(System.getProperty("user.name"));
    }

    TestEngine engine() {
        return new TestEngine("unix://" + directory.resolve("docker.sock"));
    }

    /** Starts it, or starts it again with what it had. */
    void start() throws IOException {
        Path data = directory.resolve("data");
        if (!Files.exists(data)) {
            Files.createDirectory(data);
            mustSucceed("mount", "-t", "tmpfs", "-o", "size=" + DISK, "tmpfs", data.toString());
        }
        List<String> line = new ArrayList<>(List.of(
                "/usr/sbin/dockerd",
                "--host",
                engine().host(),
                "--data-root",
                directory.resolve("data").toString(),
                "--exec-root",
                directory.resolve("exec").toString(),
                "--pidfile",
                directory.resolve("pid").toString(),
                "--bridge",
                "none",
                "--iptables=false",
                "--ip6tables=false",
                "--ip-forward=false",
                "--ip-masq=false",
                "--userland-proxy=false",
                "--exec-opt",
                "native.cgroupdriver=cgroupfs"));
        line.addAll(moreArguments);
        process = new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("log").toFile()))
                .redirectInput(new File("/dev/null"))
                .start();
        await("the private engine to answer")
                .atMost(Duration.ofSeconds(60))
                .until(() -> Command.of("docker", "--host", engine().host(), "version")
                                .run()
                                .exitCode()
                        == 0);
    }

    /** Leaves nothing of its disk; returns what to delete for having it again. */
    Path fillDisk() throws IOException {
        Path file = directory.resolve("data/filling");
        byte[] some = new byte[1 << 16];
        try (OutputStream out = Files.newOutputStream(file)) {
            while (true) {
                out.write(some);
            }
        } catch (IOException full) {
            return file;
        }
    }

    private static void mustSucceed(String... line) {
        Command.Result result = Command.of(line).run();
        if (result.exitCode() != 0) {
            throw new IllegalStateException(String.join(" ", line) + ": " + result.output());
        }
    }

    /** Gives it an image of another engine. */
    void copyImage(TestEngine from, String image) {
        Path file = directory.resolve("image.tar");
        from.docker("save", "--output", file.toString(), image);
        engine().docker("load", "--input", file.toString());
    }

    /** Stops it as a reboot does: with all containers. */
    void stop() {
        process.destroy();
        try {
            if (!process.waitFor(3, TimeUnit.MINUTES)) {
                throw new IllegalStateException("the private engine does not stop");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        if (process != null && process.isAlive()) {
            stop();
        }
        // The engine leaves mounts of its own behind, as a rule.
        for (String mounted : List.of("exec/netns/default", "data")) {
            Command.of("umount", "--lazy", directory.resolve(mounted).toString())
                    .run();
        }
    }
}
