package com.reliably.chaos;

import com.reliably.testing.Command;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Processes that do not see each other's files, by mount namespaces of Linux. */
final class Hosts {

    private static final List<String> NAMESPACE = List.of("unshare", "--mount", "--propagation", "private");

    private Hosts() {}

    /** Whether this system lets this user do it. */
    static boolean canBeApart() {
        List<String> attempt = new ArrayList<>(NAMESPACE);
        attempt.add("true");
        try {
            return Command.of(attempt).run().exitCode() == 0;
        } catch (IllegalStateException noSuchProgram) {
            return false;
        }
    }

    /** What a command line begins with, so that for its program these directories are empty. */
    static String[] seeingNothingOf(List<Path> directories) {
        StringBuilder script = new StringBuilder();
        for (Path directory : directories) {
            script.append("mount -t tmpfs none '").append(directory).append("' && ");
        }
        List<String> line = new ArrayList<>(NAMESPACE);
        line.addAll(List.of("sh", "-c", script + "exec \"$@\"", "sh"));
        return line.toArray(String[]::new);
    }
}
