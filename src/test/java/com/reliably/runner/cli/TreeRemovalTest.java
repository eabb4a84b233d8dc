package com.reliably.runner.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.reliably.testing.Command;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Root may do everything with any directory, so that one of these is done by an ordinary user, too. */
class TreeRemovalTest {

    @TempDir(cleanup = CleanupMode.NEVER)
    Path temporary;

    Path root;

    @BeforeEach
    void make() throws IOException {
        root = Files.createDirectory(temporary.resolve("root"));
    }

    @Test
    void directoriesThatNobodyMayReadAreRemoved() throws IOException {
        Path locked = Files.createDirectories(root.resolve("a/locked"));
        Files.createDirectory(locked.resolve("inner"));
        Files.writeString(locked.resolve("file"), "content");
        for (Path path : new Path[] {locked.resolve("inner"), locked, root.resolve("a"), root}) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("---------"));
        }
        TreeRemoval.remove(root);
        assertFalse(Files.exists(root));
    }

    @Test
    void anOrdinaryUserRemovesDirectoriesThatNobodyMayRead() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "The tests run as an ordinary user anyway");
        List<String> asOther = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
        Path classes = temporary.resolve("classes/com/reliably/runner/cli");
        Files.createDirectories(classes);
        for (Class<?> needed : List.of(RemoveTree.class, TreeRemoval.class)) {
            String name = needed.getSimpleName() + ".class";
            try (InputStream in = needed.getResourceAsStream(name)) {
                Files.copy(in, classes.resolve(name));
            }
        }
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path locked = temporary.resolve("locked");
        run(
                asOther,
                "sh",
                "-c",
                "mkdir -p $0/a/b && touch $0/a/file $0/a/b/file && chmod 000 $0/a/b $0/a $0",
                locked.toString());
        run(
                asOther,
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                temporary.resolve("classes").toString(),
                RemoveTree.class.getName(),
                locked.toString());
        assertFalse(Files.exists(locked));
    }

    private static void run(List<String> before, String... command) {
        List<String> line = new ArrayList<>(before);
        line.addAll(List.of(command));
        Command.Result result = Command.of(line).run();
        assertEquals(0, result.exitCode(), result.output());
    }

    @Test
    void treesThatAreDeeperThanPathsMayBeAreRemoved() throws Exception {
        // As a process makes them: one directory after the other, each from within the one before.
        Process deep = new ProcessBuilder(
                        "python3",
                        "-c",
                        "import os\nfor _ in range(60):\n    os.mkdir('d' * 200); os.chdir('d' * 200)\nopen('file', 'w')")
                .directory(root.toFile())
                .start();
        assertEquals(0, deep.waitFor());
        TreeRemoval.remove(root);
        assertFalse(Files.exists(root));
    }

    @Test
    void linksAreNotFollowed() throws IOException {
        Path other = Files.createDirectory(temporary.resolve("other"));
        Files.writeString(other.resolve("file"), "content");
        Files.createSymbolicLink(root.resolve("link"), other);
        TreeRemoval.remove(root);
        assertFalse(Files.exists(root));
        assertTrue(Files.exists(other.resolve("file")));
    }
}
