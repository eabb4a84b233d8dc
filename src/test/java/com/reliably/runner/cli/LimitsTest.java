package com.reliably.runner.cli;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.reliably.testing.Command;
import com.reliably.testing.Scenario;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Programs that use more than a run may: the launcher ends them, and says by which setting. */
@Timeout(240)
class LimitsTest {

    private static final int MEBIBYTE = 1 << 20;
    private static final String SERVER = "http://127.0.0.1:9";

    @TempDir
    Path temporary;

    private final String mark = "9" + ThreadLocalRandom.current().nextInt(10_000_000, 100_000_000);

    @Test
    void memoryOfAllProcessesTogether() throws Exception {
        String hoard = "python3 -c 'import time; kept = b\"x\" * (60 << 20); time.sleep(" + mark + ")' &\n";
        try (LaunchedRun run = run(hoard.repeat(3) + "wait\n", Map.of("memory_bytes", 150 * MEBIBYTE), Map.of())) {
            assertLimit(run, "of memory, which is more than a run may use (RELIABLY_MANAGED_MAX_MEMORY = 157286400)");
            assertFalse(Scenario.anyProcessWith("time.sleep(" + mark), "a process of the run survived");
        }
    }

    @Test
    void farTooMuchMemoryLeavesNoTimeToRollBack() throws Exception {
        String hoard = "trap '' TERM\nexec python3 -c 'import time; kept = b\"x\" * (150 << 20); time.sleep(600)'\n";
        Map<String, Object> most = Map.of("memory_bytes", 50 * MEBIBYTE);
        try (LaunchedRun run = new LaunchedRun(
                temporary, "#!/bin/sh\n" + hoard, SERVER, spec(most, Map.of(), Map.of("grace_seconds", 600)))) {
            assertLimit(run, "RELIABLY_MANAGED_MAX_MEMORY");
        }
    }

    @Test
    void memoryThatProcessesShareCountsOnce() throws Exception {
        String forks = """
                import os, sys, time
                sys.path.insert(0, sys.argv[1])
                import usage
                kept = b"x" * (60 << 20)
                child = os.fork()
                if child == 0:
                    for _ in range(3):
                        os.fork()
                    time.sleep(600)
                def seen():
                    return usage.processes(os.getpid(), True)
                while len(seen()) < 8:
                    time.sleep(0.01)
                for name, most in (("memory_bytes", 200 << 20), ("memory_bytes", 20 << 20), ("processes", 7)):
                    found = usage.Usage({name: most}, None, None).excesses(seen())
                    print(name, most >> 20, [sentence for _, sentence in found])
                for process in seen():
                    os.kill(process.pid, 9)
                """;
        Path scripts = new LauncherScripts(temporary).launcher().getParent();
        Command.Result said = Command.of(List.of("python3", "-I", "-c", forks, scripts.toString()))
                .run();
        assertEquals(0, said.exitCode(), said.output());
        List<String> lines = said.output().lines().toList();
        assertEquals("memory_bytes 200 []", lines.get(0), "480 MiB if it were counted in each");
        assertTrue(lines.get(1).contains("RELIABLY_MANAGED_MAX_MEMORY"), lines.get(1));
        assertTrue(lines.get(2).contains("8 processes"), lines.get(2));
    }

    @Test
    void aProcessThatAsksForAllAtOnceDoesNotGetIt() throws Exception {
        try (LaunchedRun run = run(
                "exec python3 -c 'kept = b\"x\" * (300 << 20)'\n",
                Map.of("memory_bytes", 100 * MEBIBYTE),
                Map.of("DATA", 112 * MEBIBYTE))) {
            assertEquals(1, run.result().exitCode(), run.output());
            assertTrue(run.output().contains("MemoryError"), run.output());
        }
    }

    @Test
    void processes() throws Exception {
        String many = "for i in $(seq 80); do sleep " + mark + " & done\nwait\n";
        try (LaunchedRun run = run(many, Map.of("processes", 60), Map.of())) {
            assertLimit(run, "RELIABLY_MANAGED_MAX_PROCESSES = 60");
            assertFalse(Scenario.anyProcessWith("sleep " + mark), "a process of the run survived");
        }
    }

    /** Root is not held to the kernel's limit of processes, so that this is one of an ordinary user. */
    @Test
    void whatDoublesAllTheTimeIsEndedAltogether() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "It takes root to become a user of its own");
        String user = "1" + mark.substring(0, 8);
        Files.setPosixFilePermissions(temporary, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
        String bomb = "exec python3 -c 'import os\nwhile True:\n  try: os.fork()\n  except OSError: pass\n'\n";
        try (LaunchedRun run = new LaunchedRun(
                temporary,
                "#!/bin/sh\n" + bomb,
                SERVER,
                spec(Map.of("processes", 200), Map.of("NPROC", 300), Map.of("grace_seconds", 0)),
                Map.of(),
                List.of("chown", "-R", user),
                List.of(
                        "setpriv",
                        "--reuid=" + user,
                        "--regid=" + user,
                        "--clear-groups",
                        "env",
                        "PATH=/usr/bin:/bin"))) {
            assertLimit(run, "RELIABLY_MANAGED_MAX_PROCESSES = 200");
            await("every process of the run to end").until(() -> processesOf(user) == 0);
        }
    }

    private static long processesOf(String user) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().user().orElse("").equals(user))
                .count();
    }

    @Test
    void timeOfAProcessor() throws Exception {
        try (LaunchedRun run = run("while :; do :; done\n", Map.of("cpu_seconds", 2), Map.of("CPU", 60))) {
            assertLimit(run, "RELIABLY_MANAGED_MAX_CPU_TIME = 2");
        }
    }

    @Test
    void timeOfAProcessorThatTheKernelCutsShort() throws Exception {
        // More than any process of its own that is looked at: the kernel is first.
        try (LaunchedRun run = run("while :; do :; done\n", Map.of("cpu_seconds", 1000), Map.of("CPU", 1))) {
            assertLimit(run, "SIGXCPU, because it used more than a run may use (RELIABLY_MANAGED_MAX_CPU_TIME");
        }
    }

    @Test
    void manyFilesOfItsOwnDirectory() throws Exception {
        String fill = "i=0; while :; do i=$((i+1)); head -c 1000000 /dev/zero > file$i || exit 4; done\n";
        try (LaunchedRun run = run(fill, Map.of("disk_bytes", 8 * MEBIBYTE), Map.of("FSIZE", 8 * MEBIBYTE))) {
            assertLimit(run, "of disk, which is more than a run may use (RELIABLY_MANAGED_MAX_DISK = 8388608)");
        }
    }

    @Test
    void oneFileOfItsOwnDirectory() throws Exception {
        // Its client goes on when the program that writes is ended.
        String fill = "cat /dev/zero > file\nsleep " + mark + "\n";
        try (LaunchedRun run = run(fill, Map.of("disk_bytes", 8 * MEBIBYTE), Map.of("FSIZE", 8 * MEBIBYTE))) {
            assertLimit(run, "RELIABLY_MANAGED_MAX_DISK = 8388608");
        }
    }

    @Test
    void oneFileElsewhere() throws Exception {
        Path elsewhere = temporary.resolve("elsewhere");
        String fill = "exec cat /dev/zero > " + elsewhere + "\n";
        try (LaunchedRun run = run(fill, Map.of("disk_bytes", 8 * MEBIBYTE), Map.of("FSIZE", 8 * MEBIBYTE))) {
            assertLimit(run, "SIGXFSZ, because it used more than a run may use (RELIABLY_MANAGED_MAX_DISK = 8388608)");
            assertEquals(8 * MEBIBYTE, Files.size(elsewhere));
        }
    }

    private static void assertLimit(LaunchedRun run, String sentence) throws Exception {
        RunDirectory.Result result = run.result();
        assertEquals("limit", result.reason(), result + run.output());
        assertTrue(result.error().contains(sentence), result.error());
    }

    private LaunchedRun run(String script, Map<String, Object> most, Map<String, Object> limits) throws IOException {
        return new LaunchedRun(temporary, "#!/bin/sh\n" + script, SERVER, spec(most, limits, Map.of()));
    }

    private static Map<String, Object> spec(
            Map<String, Object> most, Map<String, Object> limits, Map<String, Object> rest) {
        Map<String, Object> spec = new HashMap<>(rest);
        spec.put("confinement", Map.of("mode", "none", "most", most, "limits", limits));
        return spec;
    }
}
