package com.reliably.runner.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Root may do everything with any directory, so that some of these need an ordinary user to fail. */
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
