package com.reliably.runner.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The processes of a run whose launcher and supervisor are both gone, found by a variable that only they have. On Linux
 * only; elsewhere, and where a process has cleared its variables, nothing is found.
 */
final class ProcessesOfRun {

    /** One that forks while it is being looked for is found in the next round. */
    private static final int ROUNDS = 5;

    private ProcessesOfRun() {}

    /** Kills the processes of this user that have the variable with this value; none but its run's do. */
    static void end(String variable, String value) {
        String entry = variable + "=" + value;
        for (int round = 0; round < ROUNDS; round++) {
            List<ProcessHandle> found = ProcessHandle.allProcesses()
                    .filter(process -> process.pid() != ProcessHandle.current().pid())
                    .filter(process -> has(process, entry))
                    .toList();
            if (found.isEmpty()) {
                return;
            }
            found.forEach(ProcessHandle::destroyForcibly);
        }
    }

    private static boolean has(ProcessHandle process, String entry) {
        try {
            String variables = new String(
                    Files.readAllBytes(Path.of("/proc", Long.toString(process.pid()), "environ")),
                    StandardCharsets.ISO_8859_1);
            return Arrays.asList(variables.split("\0")).contains(entry);
        } catch (IOException e) {
            return false;
        }
    }
}
