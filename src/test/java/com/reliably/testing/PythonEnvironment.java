package com.reliably.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A private Python environment below {@code target/python}, with packages from PyPI. It is made once and reused by
 * later builds until its requirements or its interpreter change; {@code mvn clean} removes it.
 */
public final class PythonEnvironment {

    private static final Path ALL = Path.of("target", "python");
    private static final String MARKER = "complete";
    private static final Duration INSTALL_WITHIN = Duration.ofMinutes(8);

    private final Path directory;

    private PythonEnvironment(Path directory) {
        this.directory = directory;
    }

    /**
     * The environment of this name, made with {@code python3}.
     *
     * @param name         the name of its directory
     * @param requirements as pip takes them, with pinned versions: {@code "schemathesis==4.0.0"}
     */
    public static PythonEnvironment of(String name, String... requirements) {
        return with("python3", name, requirements);
    }

    /**
     * The environment of this name.
     *
     * @param interpreter by path, or as found on PATH
     * @throws IllegalStateException with what was printed, where it cannot be made
     */
    public static synchronized PythonEnvironment with(String interpreter, String name, String... requirements) {
        Path directory = ALL.resolve(name).toAbsolutePath();
        PythonEnvironment environment = new PythonEnvironment(directory);
        String version = versionOf(interpreter);
        String wanted = version + "\n" + String.join("\n", requirements) + "\n";
        try {
            if (!environment.isComplete(wanted)) {
                environment.make(interpreter, List.of(requirements));
                Files.writeString(directory.resolve(MARKER), wanted);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return environment;
    }

    /** The version of an interpreter, as in {@code Python 3.12.4}. */
    public static String versionOf(String interpreter) {
        Command.Result result = Command.of(interpreter, "--version").run();
        if (result.exitCode() != 0) {
            throw new IllegalStateException("'" + interpreter + "' is not a Python: " + result.output());
        }
        return result.output().strip();
    }

    /** Where it is. */
    public Path directory() {
        return directory;
    }

    /** A program that its packages brought; {@code "python"} is the interpreter. */
    public Path program(String name) {
        Path program = directory.resolve("bin").resolve(name);
        if (!Files.isExecutable(program)) {
            throw new IllegalStateException("the Python environment " + directory + " has no program '" + name + "'");
        }
        return program;
    }

    /** One of its programs, to be run. */
    public Command command(String program, String... arguments) {
        List<String> line = new ArrayList<>();
        line.add(program(program).toString());
        line.addAll(Arrays.asList(arguments));
        // Without UTF-8 mode the output of some tools is not readable where the locale is POSIX.
        return Command.of(line).with("PYTHONUTF8", "1");
    }

    private boolean isComplete(String wanted) throws IOException {
        Path marker = directory.resolve(MARKER);
        return Files.exists(marker) && Files.readString(marker).equals(wanted);
    }

    private void make(String interpreter, List<String> requirements) throws IOException {
        deleteRecursively(directory);
        Files.createDirectories(directory.getParent());
        Command.Result made =
                Command.of(interpreter, "-m", "venv", directory.toString()).run();
        if (made.exitCode() != 0) {
            throw new IllegalStateException("'" + interpreter + " -m venv' fails; on Debian and Ubuntu it needs the"
                    + " package python3-venv:\n" + made.output());
        }
        List<String> install = new ArrayList<>(List.of(
                program("python").toString(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"));
        install.addAll(requirements);
        Command.Result installed = Command.of(install).within(INSTALL_WITHIN).run();
        if (installed.exitCode() != 0) {
            throw new IllegalStateException("pip cannot install " + requirements + ":\n" + installed.output());
        }
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
