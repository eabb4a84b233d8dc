package com.reliably.runner.cli;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The directory by which server and launcher understand each other; {@code launcher.py} says what its files mean. */
final class RunDirectory {

    private static final int LONGEST_PIECE = 64 * 1024;
    private static final Pattern REPORT = Pattern.compile("[0-9]{10}");

    private final Path path;
    private final ObjectMapper json;

    RunDirectory(Path path, ObjectMapper json) {
        this.path = path;
        this.json = json;
    }

    Path path() {
        return path;
    }

    boolean exists() {
        return Files.isDirectory(path);
    }

    boolean isLaunched() {
        return Files.exists(path.resolve("launched"));
    }

    boolean isReady() {
        return Files.exists(path.resolve("ready"));
    }

    boolean isPermitted() {
        return Files.exists(path.resolve("permit"));
    }

    /** Lets the launcher execute the CLI. Does nothing where the directory is gone: so is the run. */
    void permit() throws IOException {
        if (exists() && !isPermitted()) {
            Files.write(path.resolve("permit"), new byte[0]);
        }
    }

    void make() throws IOException {
        Files.createDirectories(path.getParent());
        if (!exists()) {
            Files.createDirectory(
                    path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }

    /** The variables of an earlier attempt to launch this run, its token among them. */
    Optional<Map<String, String>> environment() throws IOException {
        try {
            return Optional.of(
                    json.readValue(Files.readAllBytes(path.resolve("environment.json")), new TypeReference<>() {}));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    void write(String name, Object content) throws IOException {
        Path fresh = path.resolve(name + ".new");
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(fresh, json.writeValueAsBytes(content));
        Files.move(fresh, path.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** The process of the launcher, while it lives. */
    Optional<ProcessHandle> launcher() throws IOException {
        // Process ids are used again: it is the launcher only if its command names this directory.
        return processOf("pid", path.toString()::equals);
    }

    /** The process that ends the run's client where the launcher is gone, while it lives. */
    Optional<ProcessHandle> supervisor() throws IOException {
        return processOf("supervisor", argument -> argument.endsWith("supervisor.py"));
    }

    private Optional<ProcessHandle> processOf(String file, Predicate<String> argument) throws IOException {
        try {
            long pid = Long.parseLong(Files.readString(path.resolve(file)).strip());
            return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).filter(process -> process.info()
                    .arguments()
                    .map(arguments -> Stream.of(arguments).anyMatch(argument))
                    // Some systems do not tell the arguments of a process.
                    .orElse(true));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** What became of the run; empty while it is not over. */
    Optional<Result> result() throws IOException {
        try {
            return Optional.of(json.readValue(Files.readAllBytes(path.resolve("result.json")), Result.class));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** How many reports of the client the launcher had stored for the server and could not hand over so far. */
    int reportsNotHandedOver() throws IOException {
        try (Stream<Path> reports = Files.list(path.resolve("reports"))) {
            return (int) reports.filter(report ->
                            REPORT.matcher(report.getFileName().toString()).matches())
                    .count();
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    /** The launcher's last word. */
    record Result(Integer exitCode, String reason, String error) {}

    /**
     * The next piece of output: whole lines, as many as fit; a part of a line only where it is too long, or where
     * {@code all} says that nothing more will come.
     *
     * @return null where there is nothing (yet)
     */
    byte[] read(long from, boolean all) throws IOException {
        try (RandomAccessFile file =
                new RandomAccessFile(path.resolve("output.log").toFile(), "r")) {
            int available = (int) Math.min(LONGEST_PIECE, file.length() - from);
            if (available <= 0) {
                return null;
            }
            byte[] piece = new byte[available];
            file.seek(from);
            file.readFully(piece);
            int end = available;
            while (end > 0 && piece[end - 1] != '\n') {
                end--;
            }
            if (end == 0) {
                if (available < LONGEST_PIECE && !all) {
                    return null;
                }
                end = wholeCharacters(piece);
            }
            return end == available ? piece : java.util.Arrays.copyOf(piece, end);
        } catch (java.io.FileNotFoundException e) {
            return null;
        }
    }

    /** Where the last whole UTF-8 character of the piece ends. */
    private static int wholeCharacters(byte[] piece) {
        int end = piece.length;
        for (int back = 1; back <= 3 && back < piece.length; back++) {
            int b = piece[piece.length - back] & 0xFF;
            if (b < 0x80) {
                return end;
            }
            if (b >= 0xC0) {
                int length = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2;
                return length > back ? end - back : end;
            }
        }
        return end;
    }

    /** What the launcher itself printed, which it does only when it cannot even begin. */
    String launcherOutput() throws IOException {
        try {
            String text = Files.readString(path.resolve("launcher.log"), StandardCharsets.UTF_8)
                    .strip();
            return text.length() > 500 ? text.substring(text.length() - 500) : text;
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    void delete() throws IOException {
        TreeRemoval.remove(path);
    }
}
