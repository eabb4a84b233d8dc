package com.reliably.runner.cli;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/**
 * Removes directories as runs leave them: that nobody may read or change, and so deep that their paths are longer than the system
 * takes. Links are removed, never followed.
 */
final class TreeRemoval {

    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");
    /** Linux takes paths of 4095 bytes, and a name has up to 255. */
    private static final int LONGEST_PATH = 2000;

    private final Path root;
    private final Deque<Path> moved = new ArrayDeque<>();
    private int names;

    private TreeRemoval(Path root) {
        this.root = root;
    }

    /** Removes a directory with all that is in it; does nothing where it is not there. */
    static void remove(Path root) throws IOException {
        if (Files.isDirectory(root, LinkOption.NOFOLLOW_LINKS)) {
            new TreeRemoval(root).empty();
        }
        Files.deleteIfExists(root);
    }

    private void empty() throws IOException {
        removeContent(root);
        while (!moved.isEmpty()) {
            Path next = moved.pop();
            removeContent(next);
            Files.delete(next);
        }
    }

    private void removeContent(Path directory) throws IOException {
        if (!Files.isReadable(directory) || !Files.isWritable(directory) || !Files.isExecutable(directory)) {
            Files.setPosixFilePermissions(directory, OWNER_ONLY);
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                if (!Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                    Files.deleteIfExists(entry);
                } else if (entry.toString().length() > LONGEST_PATH) {
                    moveUp(entry);
                } else if (!moved.contains(entry)) {
                    removeContent(entry);
                    Files.delete(entry);
                }
            }
        } catch (NoSuchFileException e) {
            // Somebody else removes it at the same time.
        }
    }

    /** Has a directory that is too deep removed later, from beside the outermost one's content. */
    private void moveUp(Path deep) throws IOException {
        if (!Files.isWritable(deep)) {
            // A directory that is moved has to be writable, because its parent is recorded in it.
            Files.setPosixFilePermissions(deep, OWNER_ONLY);
        }
        Path higher;
        do {
            higher = root.resolve("moved-up-" + names++);
        } while (Files.exists(higher, LinkOption.NOFOLLOW_LINKS));
        Files.move(deep, higher);
        moved.push(higher);
    }
}
