package com.reliably.start;

import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** PostgreSQL's programs, unpacked from the library that brings them for this platform. */
final class PostgresBinaries {

    private static final String DIRECTORY = "postgres-binaries";

    private final Path home;

    private PostgresBinaries(Path home) {
        this.home = home;
    }

    /** What a program printed, and how it ended. */
    record Outcome(int exitCode, String output) {

        boolean succeeded() {
            return exitCode == 0;
        }
    }

    /**
     * Unpacks the programs, unless an earlier start has done so. Those of earlier versions of this server are removed.
     *
     * @throws StartFailure where there are none for this platform
     */
    static PostgresBinaries unpacked(DataDirectory directory) throws IOException {
        Path all = directory.directory(DIRECTORY);
        byte[] archive = archive();
        Path home = all.resolve(fingerprint(archive));
        if (!Files.isDirectory(home)) {
            try (Stream<Path> others = Files.list(all)) {
                for (Path other : others.toList()) {
                    FileTree.delete(other);
                }
            }
            // Under its own name only when it is complete: a start may be killed at any time.
            Path fresh = all.resolve(home.getFileName() + ".new");
            unpack(archive, fresh);
            Files.move(fresh, home);
        }
        return new PostgresBinaries(home);
    }

    /** Runs one of the programs to its end, with nothing of the server's environment but the search path. */
    Outcome run(String program, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>();
        // PostgreSQL does not run as root; in a user namespace of its own it is not.
        if (LinuxUtils.isUnshareAvailable()) {
            command.addAll(List.of("unshare", "-U"));
        }
        command.add(home.resolve("bin").resolve(program).toString());
        command.addAll(arguments);
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(home.toFile()).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment.keySet().retainAll(List.of("PATH"));
        environment.put("LC_ALL", "C");
        Process process = builder.start();
        try {
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return new Outcome(process.waitFor(), output);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static byte[] archive() throws IOException {
        try (InputStream archive =
                DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(osName(), System.getProperty("os.arch"))) {
            return archive.readAllBytes();
        } catch (IllegalStateException e) {
            throw new StartFailure("there is no embedded database for this platform (" + osName() + ", "
                    + System.getProperty("os.arch")
                    + "); set QUARKUS_DATASOURCE_REACTIVE_URL to a PostgreSQL of yours");
        }
    }

    private static String osName() {
        String name = System.getProperty("os.name");
        return name.startsWith("Mac") ? "Darwin" : name.startsWith("Windows") ? "Windows" : name;
    }

    private static String fingerprint(byte[] archive) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(archive);
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("Every Java platform has SHA-256", impossible);
        }
    }

    private static void unpack(byte[] archive, Path target) throws IOException {
        try (TarArchiveInputStream entries =
                new TarArchiveInputStream(new XZInputStream(new ByteArrayInputStream(archive)))) {
            for (TarArchiveEntry entry = entries.getNextEntry(); entry != null; entry = entries.getNextEntry()) {
                Path path = target.resolve(entry.getName()).normalize();
                if (!path.startsWith(target)) {
                    throw new IOException("the archive of PostgreSQL names " + entry.getName());
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                    continue;
                }
                Files.createDirectories(path.getParent());
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else {
                    Files.copy(entries, path);
                    boolean program = path.getParent().endsWith("bin");
                    Files.setPosixFilePermissions(
                            path, PosixFilePermissions.fromString(program ? "rwxr-xr-x" : "rw-r--r--"));
                }
            }
        }
    }
}
