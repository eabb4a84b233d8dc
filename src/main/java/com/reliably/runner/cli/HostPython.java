package com.reliably.runner.cli;

import com.reliably.runner.LaunchFailure;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The Python of this host that launchers run on. Any Python 3 will do; which one a plan gets is the launcher's to find. */
final class HostPython {

    private HostPython() {}

    /**
     * Its path.
     *
     * @throws LaunchFailure where there is none on the PATH
     */
    static String path() {
        String path = System.getenv().getOrDefault("PATH", "");
        for (String directory : path.split(File.pathSeparator)) {
            for (String name : List.of("python3", "python")) {
                Path candidate = Path.of(directory.isEmpty() ? "." : directory, name);
                if (Files.isExecutable(candidate) && isPython3(candidate)) {
                    return candidate.toString();
                }
            }
        }
        throw new LaunchFailure(
                "There is no Python 3 on the PATH of the server's host: install it (python3, and on Debian"
                        + " and Ubuntu python3-venv), then run the plan again.");
    }

    private static boolean isPython3(Path candidate) {
        if (candidate.getFileName().toString().equals("python3")) {
            return true;
        }
        try {
            Process process = new ProcessBuilder(
                            candidate.toString(), "-c", "import sys; sys.exit(sys.version_info < (3, 7))")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
