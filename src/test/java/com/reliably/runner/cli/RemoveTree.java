package com.reliably.runner.cli;

import java.io.IOException;
import java.nio.file.Path;

/** A program that removes a directory, for tests that have it done by another user. */
final class RemoveTree {

    private RemoveTree() {}

    public static void main(String[] paths) throws IOException {
        TreeRemoval.remove(Path.of(paths[0]));
    }
}
