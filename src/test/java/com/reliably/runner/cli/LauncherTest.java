package com.reliably.runner.cli;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.Scenario;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The launcher by itself: what it keeps of the output, and what becomes of the experiment when it is killed. */
@Timeout(240)
class LauncherTest {

    private static final int LIMIT = 1_000_000;

    @TempDir
    Path temporary;

    @Test
    void endlessOutputIsBoundedOnDiskAndItsEndIsKept() throws Exception {
        try (LaunchedRun run = run("yes 'a line of many' | head -c 60000000\necho\necho 'why it ended'\nexit 3\n")) {
            assertEquals(3, run.result().exitCode());
            long size = Files.size(run.file("output.log"));
            assertTrue(size <= LIMIT, "output.log has " + size + " bytes");
            String output = run.output();
            assertTrue(output.startsWith("a line of many\na line of many\n"));
            assertTrue(output.endsWith("\nwhy it ended\n"), "it ends with what was printed last");
            assertTrue(output.contains("longer than the " + LIMIT + " bytes that are kept (RELIABLY_RUNS_LOG_LIMIT)"));
            assertTrue(
                    output.lines()
                            .anyMatch(line -> line.matches(
                                    "\\[reliably-server: 59[0-9]{6} bytes of the output are left out here]")),
                    "it says how much was left out");
        }
    }

    @Test
    void anEndlessLineIsCutBetweenCharacters() throws Exception {
        String script =
                "python3 -c 'import sys; sys.stdout.buffer.write(\"x\".encode() + \"\u20ac\".encode() * 1000000)'";
        try (LaunchedRun run = run(script)) {
            assertEquals(0, run.result().exitCode(), run.output());
            assertTrue(Files.size(run.file("output.log")) <= LIMIT);
            assertEquals(-1, run.output().indexOf('\uFFFD'), "a character was cut in two");
        }
    }

    @Test
    void howARunEndedIsToldThoughItLeftNoRoomOnTheDisk() throws Exception {
        try (SmallDisk disk = SmallDisk.at(temporary.resolve("small"), 4 << 20);
                LaunchedRun run = run(disk.path(), "cat /dev/zero > full\nyes 'a line' | head -c 600000\nexit 3\n")) {
            RunDirectory.Result result = run.result();
            assertEquals(3, result.exitCode(), result.toString());
            assertEquals("exited", result.reason());
        }
    }

    @Test
    void whatADiskThatWasFullHadNoRoomForIsSaid() throws Exception {
        String script = "cat /dev/zero > full\nyes 'a line' | head -c 600000\nrm full\necho 'why it ended'\n";
        try (SmallDisk disk = SmallDisk.at(temporary.resolve("small"), 4 << 20);
                LaunchedRun run = run(disk.path(), script)) {
            assertEquals(0, run.result().exitCode());
            assertTrue(run.output().contains("bytes of the output are not here, because the server's disk was full"));
        }
    }

    @Test
    void outputWithinTheLimitIsKeptAsItIs() throws Exception {
        try (LaunchedRun run = run("printf 'one\\ntwo'")) {
            assertEquals(0, run.result().exitCode());
            assertEquals("one\ntwo", run.output());
        }
    }

    @Test
    void theProgramsSignalIsTold() throws Exception {
        try (LaunchedRun run = run("kill -ABRT $$")) {
            assertEquals(-6, run.result().exitCode());
        }
    }

    @Test
    void aRunThatWritesAResultIsNotOver() throws Exception {
        String forged = "echo '{\"exit_code\": 0, \"reason\": \"exited\", \"error\": null}' > ";
        String mark = mark();
        try (LaunchedRun run = run(forged + "result.json\n" + forged + "../result.json\n" + forged
                + "$HOME/result.json\nsleep " + mark + " & wait $!\nexit 3\n")) {
            await().until(() -> Scenario.anyProcessWith("sleep " + mark));
            assertFalse(run.isOver());
            run.launcher().destroy();
            assertEquals("cancelled", run.result().reason());
        }
    }

    /** A program that is interrupted or whose reader is gone ends, unless it says otherwise itself. */
    @Test
    void signalsMeanToTheExperimentWhatTheyUsuallyDo() throws Exception {
        try (LaunchedRun run = run("(kill -INT $(exec sh -c 'echo $PPID'); echo survived); yes | head -1\n")) {
            assertEquals(0, run.result().exitCode(), run.output());
            assertEquals("y\n", run.output());
        }
    }

    @Test
    void theExperimentRollsBackAndEndsWithAKilledLauncher() throws Exception {
        String mark = mark();
        Path rolledBack = temporary.resolve("rolled-back");
        try (LaunchedRun run = run("setsid sh -c 'sleep " + mark + " & exit'\n" + "trap 'echo going; touch "
                + rolledBack + "; exit 2' TERM\nsleep " + mark + " & wait\n")) {
            await().until(() -> Scenario.anyProcessWith("sleep " + mark));
            run.launcher().destroyForcibly();
            await("every process of the run to end").until(() -> !Scenario.anyProcessWith("sleep " + mark));
            await().until(() -> run.directory().supervisor().isEmpty());
            assertTrue(Files.exists(rolledBack), "it had time to roll back");
        }
    }

    @Test
    void whatDoesNotHearIsKilledWhenTheGraceIsOver() throws Exception {
        String mark = mark();
        try (LaunchedRun run = run("trap '' TERM\nsleep " + mark + " & wait\n")) {
            await().until(() -> Scenario.anyProcessWith("sleep " + mark));
            run.launcher().destroyForcibly();
            await("every process of the run to end").until(() -> !Scenario.anyProcessWith("sleep " + mark));
        }
    }

    @Test
    void whatLostLauncherAndSupervisorIsFoundByItsToken() throws Exception {
        String mark = mark();
        try (LaunchedRun run = run("setsid sh -c 'sleep " + mark + " & exit'\nsleep " + mark + "\n")) {
            await().until(() -> Scenario.anyProcessWith("sleep " + mark));
            ProcessHandle supervisor = run.directory().supervisor().orElseThrow();
            run.launcher().destroyForcibly();
            supervisor.destroyForcibly();
            await().until(() -> run.directory().supervisor().isEmpty());
            ProcessesOfRun.end("RELIABLY_SERVICE_TOKEN", LaunchedRun.TOKEN);
            await("every process of the run to end").until(() -> !Scenario.anyProcessWith("sleep " + mark));
        }
    }

    private LaunchedRun run(String script) throws IOException {
        return run(temporary, script);
    }

    private static LaunchedRun run(Path parent, String script) throws IOException {
        return new LaunchedRun(
                parent, "#!/bin/sh\n" + script, "http://127.0.0.1:9", Map.of("output_limit_bytes", LIMIT));
    }

    private static String mark() {
        return "9" + ThreadLocalRandom.current().nextInt(10_000_000, 100_000_000);
    }
}
