package com.reliably.docs;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.testing.Command;
import com.reliably.testing.FreePort;
import com.reliably.testing.OnEveryJdk;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the README and the guide to the CLI tell to type, typed as it stands there, by somebody with an empty home. */
@OnEveryJdk
class ReadmeIT {

    private static final ShellBlocks README = ShellBlocks.of(Path.of("README.md"));
    private static final ShellBlocks MANUAL = ShellBlocks.of(Path.of("docs/cli-manual.md"));
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration READY_WITHIN = Duration.ofMinutes(3);
    private static final Duration FIRST_RUN_WITHIN = Duration.ofMinutes(10);

    private static Path home;
    private static Process server;
    private static Path serverLog;

    @BeforeAll
    static void startAsTheReadmeSays() throws Exception {
        home = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "home-");
        serverLog = home.resolve("server.log");
        int port = FreePort.any();
        ProcessBuilder builder = new ProcessBuilder(
                        "bash", "-e", "-c", README.under("Two commands").get(0))
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(serverLog.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("RELIABLY_") || name.startsWith("QUARKUS_"));
        builder.environment().put("HOME", home.toString());
        builder.environment().put("QUARKUS_HTTP_PORT", Integer.toString(port));
        server = builder.start();
        awaitReady(port);
        assertThat("built already", Files.readString(serverLog), not(containsString("Building the server")));
    }

    @AfterAll
    static void stop() throws Exception {
        List<ProcessHandle> all = server.descendants().toList();
        all.forEach(ProcessHandle::destroy);
        server.destroy();
        assertTrue(server.waitFor(3, TimeUnit.MINUTES));
        for (ProcessHandle process : all) {
            process.onExit().orTimeout(60, TimeUnit.SECONDS).join();
        }
        Command.of("rm", "-rf", home.toString()).run();
    }

    @Test
    void theFirstExperimentTakesSixCommandsAndIsCompleted() throws Exception {
        List<String> commands = README.under("Your first experiment");
        assertThat(commands.size(), lessThanOrEqualTo(6));
        JsonNode execution = lastJson(run(String.join("", commands))).at("/items/0");
        assertEquals("completed", execution.at("/result/status").asText(), execution::toPrettyString);
        assertFalse(execution.at("/result/deviated").asBoolean(true), execution::toPrettyString);
    }

    @Test
    void theSecondExperimentDeviates() throws Exception {
        String script = README.under("Your first experiment").get(0)
                + README.under("One that finds something").get(0);
        JsonNode execution = lastJson(run(script)).at("/items/0");
        assertTrue(execution.at("/result/deviated").asBoolean(false), execution::toPrettyString);
    }

    @Test
    void aManualPlanIsCompletedByTheCommandOfTheGuide() throws Exception {
        List<String> readme = README.under("Your first experiment");
        String script =
                readme.get(0) + readme.get(2) + String.join("", MANUAL.all()) + "api \"plans/$plan/executions\"\n";
        String output = run(script);
        assertThat(output, containsString("RELIABLY_SERVICE_TOKEN='<token>' reliably service plan execute"));
        JsonNode execution = lastJson(output).at("/items/0");
        assertEquals("completed", execution.at("/result/status").asText(), output);
    }

    private static String run(String script) {
        return Command.of("bash", "-e", "-o", "pipefail", "-c", script)
                .in(home)
                .with("HOME", home.toString())
                .within(FIRST_RUN_WITHIN)
                .run()
                .succeeded()
                .output();
    }

    /** What the last command printed: everything from the last line on that begins an object at its margin. */
    private static JsonNode lastJson(String output) throws IOException {
        int start = Math.max(output.lastIndexOf("\n{"), output.startsWith("{") ? 0 : -1);
        assertTrue(start >= 0, output);
        return JSON.readTree(output.substring(start));
    }

    private static void awaitReady(int port) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        HttpRequest ready = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/q/health/ready"))
                .timeout(Duration.ofSeconds(5))
                .build();
        long deadline = System.nanoTime() + READY_WITHIN.toNanos();
        while (!answers200(client, ready)) {
            assertFalse(server.waitFor(200, TimeUnit.MILLISECONDS), Files.readString(serverLog));
            assertTrue(System.nanoTime() < deadline, Files.readString(serverLog));
        }
    }

    private static boolean answers200(HttpClient client, HttpRequest request) throws InterruptedException {
        try {
            return client.send(request, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }
}
