package com.reliably.chaos;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A Python package that has the command {@code reliably}, which does nothing but to say that it was started, and for how
 * long it lives. It stands in for the Reliably CLI only as the process whose launches are counted; that the real CLI works
 * with this server is tested elsewhere ({@code ManagedRunIT}). Installed and launched like the real one. It reports no
 * execution, so that a run that came to its end counts as failed, with the exit code 0 that no other failure has.
 */
final class StandIn {

    /** Names the file that launches are recorded in, in the environment of a run. */
    static final String RECORD = "CHAOS_RECORD";

    private static final String NAME = "reliably_stand_in";

    /** Most are short; one in sixteen lives long enough for several faults to come over it. */
    private static final String PROGRAM = """
            import os, signal, sys, time

            def note(file, *words):
                line = " ".join([*words, str(os.getpid()), repr(time.time())]) + "\\n"
                target = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                os.write(target, line.encode())
                os.close(target)

            def main():
                record, run, plan = os.environ["CHAOS_RECORD"], os.environ["RELIABLY_RUN_ID"], os.environ["RELIABLY_PLAN_ID"]
                note(record, run, plan)
                signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
                lot = int(run[:2], 16)
                until = time.monotonic() + (20 if lot < 16 else lot % 20 / 10)
                try:
                    while time.monotonic() < until:
                        time.sleep(min(0.5, max(0, until - time.monotonic())))
                finally:
                    note(record + ".ends", run, plan)
            """;

    private StandIn() {}

    /** Writes the package, as a wheel, into a directory; returns its path, which is what pip is to install. */
    static Path writeWheel(Path directory) throws IOException {
        String info = NAME + "-1.dist-info/";
        Map<String, String> files = new LinkedHashMap<>();
        files.put(NAME + ".py", PROGRAM);
        files.put(info + "METADATA", "Metadata-Version: 2.1\nName: " + NAME + "\nVersion: 1\n");
        files.put(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
        files.put(info + "entry_points.txt", "[console_scripts]\nreliably = " + NAME + ":main\n");
        files.put(info + "RECORD", String.join(",,\n", files.keySet()) + ",,\n" + info + "RECORD,,\n");
        Path wheel = directory.resolve(NAME + "-1-py3-none-any.whl");
        try (OutputStream out = Files.newOutputStream(wheel);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            for (Map.Entry<String, String> file : files.entrySet()) {
                zip.putNextEntry(new ZipEntry(file.getKey()));
                zip.write(file.getValue().getBytes(StandardCharsets.UTF_8));
                zip.closeEntry();
            }
        }
        return wheel;
    }
}
