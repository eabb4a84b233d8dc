package com.reliably.runner.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.reliably.testing.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file system of its own that has room for little. */
record SmallDisk(Path path) implements AutoCloseable {

    /** Makes one, and a directory for it; the test is skipped where this user may not. */
    static SmallDisk at(Path path, int bytes) throws IOException {
        Files.createDirectory(path);
        Command.Result made = Command.of("mount", "-t", "tmpfs", "-o", "size=" + bytes, "none", path.toString())
                .run();
        assumeTrue(made.exitCode() == 0, "A small file system cannot be made here: " + made.output());
        return new SmallDisk(path);
    }

    @Override
    public void close() {
        Command.of("umount", "-l", path.toString()).run();
    }
}
