package com.reliably.start;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/** The directory that holds what one server keeps on its host; readable by its owner only. */
public final class DataDirectory {

    private static final FileAttribute<?> OWNER_ONLY_DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final FileAttribute<?> OWNER_ONLY_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    /**
     * Held for the life of the process. In a static field, because a lock dies with its channel, and a channel that
     * only a local variable knows is closed by the garbage collector.
     */
    private static FileChannel lockChannel;

    private final Path root;

    private DataDirectory(Path root) {
        this.root = root;
    }

    /**
     * Opens the directory, and makes it where it does not exist.
     *
     * @param configured what {@code RELIABLY_DATA_DIR} names; empty means {@code ~/.reliably}
     * @throws StartFailure where it cannot be made or written to
     */
    static DataDirectory open(Optional<Path> configured) {
        Path root = configured
                .orElseGet(() -> home().resolve(".reliably"))
                .toAbsolutePath()
                .normalize();
        try {
            if (!Files.isDirectory(root)) {
                if (root.getParent() != null) {
                    Files.createDirectories(root.getParent());
                }
                Files.createDirectory(root, OWNER_ONLY_DIRECTORY);
            }
        } catch (IOException e) {
            throw new StartFailure(
                    "the data directory " + root + " cannot be made (RELIABLY_DATA_DIR names another)", e);
        }
        if (!Files.isWritable(root)) {
            throw new StartFailure("the data directory " + root + " cannot be written to by the user '"
                    + System.getProperty("user.name") + "' (RELIABLY_DATA_DIR names another)");
        }
        return new DataDirectory(root);
    }

    /** What a shell calls {@code ~}; Java's own idea of it comes from the user database. */
    private static Path home() {
        String home = System.getenv("HOME");
        return Path.of(home == null || home.isBlank() ? System.getProperty("user.home") : home);
    }

    /** Where it is. */
    Path path() {
        return root;
    }

    /** A place inside it. */
    Path resolve(String name) {
        return root.resolve(name);
    }

    /** Makes a directory inside it, for the owner only, where there is none yet. */
    Path directory(String name) {
        Path directory = resolve(name);
        try {
            if (!Files.isDirectory(directory)) {
                Files.createDirectory(directory, OWNER_ONLY_DIRECTORY);
            }
            return directory;
        } catch (IOException e) {
            throw new StartFailure("the directory " + directory + " cannot be made", e);
        }
    }

    /**
     * Keeps other servers out until this process ends.
     *
     * @throws StartFailure where another server has it
     */
    void lock() {
        Path lockFile = resolve("lock");
        try {
            FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException e) {
                lock = null;
            }
            if (lock == null) {
                channel.close();
                throw new StartFailure("another server is using the data directory " + root
                        + ". Stop it first, or give this one its own with RELIABLY_DATA_DIR.");
            }
            lockChannel = channel;
        } catch (IOException e) {
            throw new StartFailure("the data directory " + root + " cannot be locked", e);
        }
    }

    /** The content of a small file, without white space around it; empty where there is no such file. */
    Optional<String> read(String name) {
        try {
            return Optional.of(Files.readString(resolve(name)).strip()).filter(text -> !text.isEmpty());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new StartFailure("the file " + resolve(name) + " cannot be read", e);
        }
    }

    /** Writes a small file, wholly or not at all, readable by the owner only. */
    void write(String name, String content) {
        Path file = resolve(name);
        try {
            Path fresh = Files.createTempFile(root, "." + name, ".new", OWNER_ONLY_FILE);
            try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
                channel.write(StandardCharsets.UTF_8.encode(content + "\n"));
                channel.force(true);
            }
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            FileTree.makeDurable(root);
        } catch (IOException e) {
            throw new StartFailure("the file " + file + " cannot be written", e);
        }
    }

    /** Removes a small file where there is one. */
    void delete(String name) {
        try {
            Files.deleteIfExists(resolve(name));
        } catch (IOException e) {
            throw new StartFailure("the file " + resolve(name) + " cannot be removed", e);
        }
    }
}
