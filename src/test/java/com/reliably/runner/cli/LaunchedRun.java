package com.reliably.runner.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.reliably.runner.ClientCommand;
import com.reliably.testing.Command;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The real launcher at work, with a script in the place of the CLI, and no server. Closing it kills what is left. */
final class LaunchedRun implements AutoCloseable {

    static final String TOKEN = "rly_" + UUID.randomUUID();

    private static final ObjectMapper JSON =
            new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

    private final RunDirectory directory;
    private final Process launcher;

    /**
     * Starts it.
     *
     * @param parent where its files are to be
     * @param client the script that is run instead of the CLI
     * @param server the server's address
     * @param spec   what is not as usual in the order
     */
    LaunchedRun(Path parent, String client, String server, Map<String, Object> spec) throws IOException {
        this(parent, client, server, spec, Map.of(), List.of(), List.of());
    }

    /**
     * Starts it through another program.
     *
     * @param variables further ones of the client
     * @param before    executed first, with the run's parent directory behind it
     * @param through   what executes the launcher's command line
     */
    LaunchedRun(
            Path parent,
            String client,
            String server,
            Map<String, Object> spec,
            Map<String, String> variables,
            List<String> before,
            List<String> through)
            throws IOException {
        Path path = Files.createDirectories(parent.resolve(UUID.randomUUID() + ".1"));
        directory = new RunDirectory(path, JSON);
        Map<String, Object> whole = new HashMap<>(Map.of(
                "arguments", List.of(),
                "pass_through", List.of("LANG"),
                "environments", path.resolve("python").toString(),
                "timeout_seconds", 600,
                "grace_seconds", 5,
                "permit_seconds", 60,
                "token_check_seconds", 600,
                "output_limit_bytes", 1_000_000,
                "handover_seconds", 20));
        whole.put("base_dir", null);
        whole.putAll(spec);
        directory.write("spec.json", whole);
        Map<String, String> environment = new HashMap<>(Map.of(
                ClientCommand.TOKEN,
                TOKEN,
                ClientCommand.SERVER_URL,
                server,
                "RELIABLY_HOST",
                server.replaceFirst("https?://", ""),
                "RELIABLY_DOMAIN",
                server,
                "RELIABLY_USE_HTTP",
                "true",
                "RELIABLY_ORGANIZATION_ID",
                "org",
                "RELIABLY_PLAN_ID",
                "plan"));
        environment.putAll(variables);
        directory.write("environment.json", environment);
        directory.permit();
        Path program = Files.createDirectories(path.resolve("client")).resolve("reliably");
        Files.writeString(program, client);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        Path start = path.resolve("launch.py");
        try (InputStream resource = LaunchedRun.class.getResourceAsStream("/launcher/launch.py")) {
            Files.copy(resource, start);
        }
        Path scripts = new LauncherScripts(parent).launcher().getParent();
        List<String> command = new ArrayList<>(through);
        command.addAll(List.of(
                "python3",
                "-I",
                start.toString(),
                scripts.toString(),
                path.toString(),
                program.getParent().toString()));
        if (!before.isEmpty()) {
            List<String> first = new ArrayList<>(before);
            first.add(parent.toString());
            Command.of(first).run();
        }
        launcher = new ProcessBuilder(command)
                .directory(path.toFile())
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(path.resolve("launcher.log").toFile())
                .start();
    }

    RunDirectory directory() {
        return directory;
    }

    Path file(String name) {
        return directory.path().resolve(name);
    }

    Process launcher() {
        return launcher;
    }

    boolean isOver() throws IOException {
        return directory.result().isPresent();
    }

    /** The launcher's last word, once it is there. */
    RunDirectory.Result result() throws IOException, InterruptedException {
        launcher.waitFor();
        return directory.result().orElseThrow(() -> new AssertionError("no result: " + read("launcher.log")));
    }

    String output() {
        return read("output.log");
    }

    private String read(String name) {
        try {
            return Files.readString(file(name));
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Override
    public void close() throws IOException {
        launcher.descendants().forEach(ProcessHandle::destroyForcibly);
        launcher.destroyForcibly();
        ProcessesOfRun.end(ClientCommand.TOKEN, TOKEN);
    }
}
