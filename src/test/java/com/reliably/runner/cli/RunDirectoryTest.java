package com.reliably.runner.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.reliably.testing.OnEveryJdk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@OnEveryJdk
class RunDirectoryTest {

    @TempDir
    Path path;

    RunDirectory directory;

    @BeforeEach
    void open() {
        directory = new RunDirectory(
                path, new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE));
    }

    @Test
    void onlyWholeLinesAreRead() throws IOException {
        print("one\ntwo\nthr");
        assertEquals("one\ntwo\n", read(0, false));
        assertNull(read(8, false));
        print("one\ntwo\nthree\n");
        assertEquals("three\n", read(8, false));
    }

    @Test
    void theLastLineIsReadWithoutItsEndWhenNothingMoreComes() throws IOException {
        print("one\ntwo");
        assertEquals("one\n", read(0, true));
        assertEquals("two", read(4, true));
        assertNull(read(7, true));
    }

    @Test
    void anEndlessLineIsCutBetweenCharacters() throws IOException {
        String line = "x" + "€".repeat(40_000);
        print(line);
        StringBuilder all = new StringBuilder();
        long position = 0;
        byte[] piece = directory.read(position, true);
        while (piece != null) {
            String text = new String(piece, StandardCharsets.UTF_8);
            assertTrue(text.indexOf('\uFFFD') < 0, "a character was cut in two");
            all.append(text);
            position += piece.length;
            piece = directory.read(position, true);
        }
        assertEquals(line, all.toString());
    }

    @Test
    void aProcessOfTheSameIdIsNotTakenForTheLauncher() throws IOException {
        // This very process: alive, but not a launcher of this directory.
        Files.writeString(
                path.resolve("pid"), Long.toString(ProcessHandle.current().pid()));
        assertTrue(directory.launcher().isEmpty());
    }

    @Test
    void aRunThatTheReleaseBeforeBeganIsFollowedAndRemoved() throws Exception {
        // As 0.1 has it: what the run sees lies beside what server and launcher exchange.
        for (String own : new String[] {"work", "home", "tmp"}) {
            Files.createDirectory(path.resolve(own));
            Files.writeString(path.resolve(own).resolve("file"), "content");
        }
        Files.writeString(
                path.resolve("spec.json"), "{\"arguments\": [], \"base_dir\": null, \"timeout_seconds\": 60}");
        Files.writeString(path.resolve("environment.json"), "{\"RELIABLY_SERVICE_TOKEN\": \"rly_x\"}");
        for (String mark : new String[] {"launched", "ready", "permit"}) {
            Files.createFile(path.resolve(mark));
        }
        print("said\n");
        Process launcher = new ProcessBuilder("python3", "-c", "import time; time.sleep(600)", path.toString()).start();
        try {
            Files.writeString(path.resolve("pid"), Long.toString(launcher.pid()));
            assertTrue(directory.isLaunched() && directory.isReady() && directory.isPermitted());
            assertTrue(directory.launcher().isPresent());
            assertTrue(directory.result().isEmpty());
            assertEquals("rly_x", directory.environment().orElseThrow().get("RELIABLY_SERVICE_TOKEN"));
            assertEquals("said\n", read(0, false));
        } finally {
            launcher.destroyForcibly().waitFor();
        }
        Files.writeString(path.resolve("result.json"), "{\"exit_code\": 0, \"reason\": \"exited\", \"error\": null}");
        assertEquals(
                new RunDirectory.Result(0, "exited", null), directory.result().orElseThrow());
        directory.delete();
        assertFalse(Files.exists(path));
    }

    private void print(String text) throws IOException {
        Files.writeString(path.resolve("output.log"), text);
    }

    private String read(long from, boolean all) throws IOException {
        byte[] piece = directory.read(from, all);
        return piece == null ? null : new String(piece, StandardCharsets.UTF_8);
    }
}
