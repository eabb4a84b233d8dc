package com.reliably.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * What the launched processes wrote down themselves, past every server: the witness.
 *
 * @param begins every launch, in the order in which they were written
 * @param ends   every end that a process lived to see
 */
record LaunchRecord(List<Line> begins, List<Line> ends) {

    /**
     * A line of one process.
     *
     * @param at by the host's clock, which is the database's too
     */
    record Line(UUID runId, UUID planId, long pid, Instant at) {

        private static Line of(String text) {
            String[] words = text.split(" ");
            double seconds = Double.parseDouble(words[3]);
            return new Line(
                    UUID.fromString(words[0]),
                    UUID.fromString(words[1]),
                    Long.parseLong(words[2]),
                    Instant.ofEpochMilli(Math.round(seconds * 1000)));
        }
    }

    static LaunchRecord read(Path file) throws IOException {
        return new LaunchRecord(lines(file), lines(Path.of(file + ".ends")));
    }

    private static List<Line> lines(Path file) throws IOException {
        return Files.exists(file)
                ? Files.readAllLines(file).stream().map(Line::of).toList()
                : List.of();
    }

    Map<UUID, List<Line>> beginsByRun() {
        return begins.stream().collect(Collectors.groupingBy(Line::runId));
    }

    Map<UUID, Line> endByRun() {
        return ends.stream().collect(Collectors.toMap(Line::runId, line -> line, (first, second) -> first));
    }
}
