package com.reliably.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The shell commands of a Markdown file, by the heading that they stand under. */
final class ShellBlocks {

    private final Path file;
    private final Map<String, List<String>> byHeading = new LinkedHashMap<>();

    private ShellBlocks(Path file) {
        this.file = file;
    }

    static ShellBlocks of(Path file) {
        ShellBlocks blocks = new ShellBlocks(file);
        try {
            blocks.read(Files.readAllLines(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return blocks;
    }

    private void read(List<String> lines) {
        String heading = "";
        StringBuilder block = null;
        for (String line : lines) {
            if (block != null) {
                if (line.equals("```")) {
                    byHeading.computeIfAbsent(heading, h -> new ArrayList<>()).add(block.toString());
                    block = null;
                } else {
                    block.append(line).append('\n');
                }
            } else if (line.equals("```sh")) {
                block = new StringBuilder();
            } else if (line.startsWith("#")) {
                heading = line.replaceFirst("^#+ ", "");
            }
        }
    }

    /** The blocks below a heading, in their order. */
    List<String> under(String heading) {
        List<String> blocks = byHeading.get(heading);
        if (blocks == null) {
            throw new AssertionError(
                    file + " has no commands under '" + heading + "', only under " + byHeading.keySet());
        }
        return blocks;
    }

    /** All blocks of the file, in their order. */
    List<String> all() {
        return byHeading.values().stream().flatMap(List::stream).toList();
    }
}
