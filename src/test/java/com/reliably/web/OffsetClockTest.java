package com.reliably.web;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OffsetClockTest {

    private static final Instant NOON = Instant.parse("2030-01-01T12:00:00Z");

    @TempDir
    Path directory;

    @Test
    void itIsWrongByWhatTheFileSaysForAsLongAsItSaysSo() throws Exception {
        Path file = directory.resolve("offset");
        try (OffsetClock clock = new OffsetClock(Clock.fixed(NOON, ZoneOffset.UTC), file)) {
            assertEquals(NOON, clock.instant());
            Files.writeString(file, "PT2H\n");
            await().until(() -> clock.instant().equals(NOON.plusSeconds(7200)));
            Files.writeString(file, "-PT2H");
            await().until(() -> clock.instant().equals(NOON.minusSeconds(7200)));
            Files.delete(file);
            await().until(() -> clock.instant().equals(NOON));
        }
    }

    @Test
    void aFileThatMakesNoSenseChangesNothing() throws Exception {
        Path file = Files.writeString(directory.resolve("offset"), "PT1M");
        try (OffsetClock clock = new OffsetClock(Clock.fixed(NOON, ZoneOffset.UTC), file)) {
            assertEquals(NOON.plusSeconds(60), clock.instant());
            Files.writeString(file, "two hours");
            await().during(Duration.ofMillis(500)).until(() -> clock.instant().equals(NOON.plusSeconds(60)));
        }
    }
}
