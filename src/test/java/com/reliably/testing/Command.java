package com.reliably.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A program that a test runs to its end. Its standard output and error go to one file, so that a program that hangs or
 * prints a lot neither blocks nor is lost.
 */
public final class Command {

    private final List<String> line;
    private final Map<String, String> environment = new HashMap<>();
    private Path directory;
    private Duration timeout = Duration.ofMinutes(5);

    private Command(List<String> line) {
        this.line = line;
    }

    /** A program, by path or as found on PATH, and its arguments. */
    public static Command of(String... line) {
        return new Command(List.of(line));
    }

    /** A program, by path or as found on PATH, and its arguments. */
    public static Command of(List<String> line) {
        return new Command(List.copyOf(line));
    }

    /** Runs it in this directory instead of the test's own. */
    public Command in(Path workingDirectory) {
        this.directory = workingDirectory;
        return this;
    }

    /** Adds a variable to the environment that the program inherits. */
    public Command with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /** How long it may take; five minutes where not said. */
    public Command within(Duration longest) {
        this.timeout = longest;
        return this;
    }

    /**
     * Runs it.
     *
     * @throws IllegalStateException where it cannot be started, or does not end in time; it is stopped then, with what it
     *                               started
     */
    public Result run() {
        try {
            Path output = Files.createTempFile("command", ".out");
            try {
                return run(output);
            } finally {
                Files.deleteIfExists(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Result run(Path output) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        if (directory != null) {
            builder.directory(directory.toFile());
        }
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new IllegalStateException("'" + line.get(0) + "' cannot be started: " + e.getMessage(), e);
        }
        try {
            process.getOutputStream().close();
            if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException(
                        line + " did not end within " + timeout + "; it printed\n" + Files.readString(output));
            }
            return new Result(process.exitValue(), Files.readString(output));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    /**
     * How a program ended.
     *
     * @param exitCode 0 by convention for success
     * @param output   standard output and error, as they came
     */
    public record Result(int exitCode, String output) {

        /**
         * The same.
         *
         * @throws AssertionError with the output, where the exit code is not 0
         */
        public Result succeeded() {
            if (exitCode != 0) {
                throw new AssertionError("exit code " + exitCode + ":\n" + output);
            }
            return this;
        }
    }
}
