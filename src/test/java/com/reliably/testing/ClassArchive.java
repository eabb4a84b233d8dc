package com.reliably.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The JVM's archive of the packaged server's classes, as they are once loaded: a server that starts with it takes half of the
 * processor time. It is made by one start and stop, the first time that a server is started, and stays below {@code target}
 * until the package or the JDK is another.
 */
final class ClassArchive {

    private static final Duration WRITTEN_WITHIN = Duration.ofMinutes(5);

    /** Since JDK 24 it has another name. */
    private static final String QUIETLY =
            Runtime.version().feature() < 24 ? "-Xlog:cds*=off" : "-Xlog:cds*=off,aot*=off";

    private static List<String> arguments;

    private ClassArchive() {}

    /** What the JVM is to be told; nothing where the archive could not be made, which is tried once. */
    static synchronized List<String> arguments(Path jar) {
        if (arguments == null) {
            arguments = List.of();
            try {
                Path archive = archiveOf(jar);
                if (Files.exists(archive) || make(archive)) {
                    arguments = List.of("-XX:SharedArchiveFile=" + archive, QUIETLY);
                }
            } catch (IOException | IllegalStateException e) {
                System.out.println("Servers start without an archive of their classes: " + e);
            }
        }
        return arguments;
    }

    /** Its name says of what it is. */
    private static Path archiveOf(Path jar) throws IOException {
        return Path.of(
                        "target",
                        "class-archives",
                        System.getProperty("java.vm.version") + "-"
                                + Files.getLastModifiedTime(jar).toMillis() + ".jsa")
                .toAbsolutePath();
    }

    private static boolean make(Path archive) throws IOException {
        Files.createDirectories(archive.getParent());
        Path unfinished =
                archive.resolveSibling("unfinished-" + ProcessHandle.current().pid() + ".jsa");
        Path data = Files.createTempDirectory("class-archive");
        try (ServerProcess server = ServerProcess.on(data)
                .withoutClassArchive()
                .eventLoopsMayBlock()
                .arguments("-XX:ArchiveClassesAtExit=" + unfinished, QUIETLY)
                .start()) {
            // Classes of requests, and of the way to the database.
            server.request().get("/deployments").then().statusCode(200);
            server.request().get("/plans").then().statusCode(200);
            ProcessHandle.of(server.pid()).ifPresent(ProcessHandle::destroy);
            server.awaitExit(WRITTEN_WITHIN);
        }
        deleteRecursively(data);
        if (!Files.exists(unfinished)) {
            return false;
        }
        Files.move(unfinished, archive, StandardCopyOption.ATOMIC_MOVE);
        return true;
    }

    private static void deleteRecursively(Path directory) throws IOException {
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
