package com.reliably.trace;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.testing.OnEveryJdk;
import com.reliably.testing.Scenario;
import com.reliably.testing.ServerProcess;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a server that is told to writes of runs, to a collector of traces and as JSON. */
@OnEveryJdk
class TracesAndLogsIT {

    private static final Duration SOON = Duration.ofSeconds(60);
    /** The Python environment is made before. */
    private static final Duration LAUNCHED_WITHIN = Duration.ofMinutes(4);

    @TempDir
    static Path temporary;

    /** What the server sent to its collector, in OTLP's protobuf. */
    static final List<byte[]> SENT = new CopyOnWriteArrayList<>();

    static HttpServer collector;
    static ServerProcess server;
    static String experiment;

    @BeforeAll
    static void start() throws IOException {
        collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/v1/traces", exchange -> {
            SENT.add(exchange.getRequestBody().readAllBytes());
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        collector.start();
        server = ServerProcess.on(temporary.resolve("data"))
                .with("QUARKUS_OTEL_SDK_DISABLED", "false")
                .with(
                        "QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT",
                        "http://127.0.0.1:" + collector.getAddress().getPort())
                .with("QUARKUS_OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
                .with("QUARKUS_OTEL_BSP_SCHEDULE_DELAY", "PT0.2S")
                .with("QUARKUS_LOG_CONSOLE_JSON_ENABLED", "true")
                .start();
        experiment = create(
                "/experiments",
                // It goes on until it is cancelled.
                Map.of("definition", Scenario.experiment(Scenario.process("wait", "sleep 300"))));
    }

    @AfterAll
    static void stop() {
        server.close();
        collector.stop(0);
    }

    @Test
    void aRunIsATraceWithTheIdOfTheRun() {
        String run = runOf(plan(Map.of("type", "noop")));
        for (String name : List.of("run.launch", "run.end", "run")) {
            await().atMost(SOON).until(() -> hasSpan(run, name));
        }
    }

    @Test
    void aManagedRunIsGivenItsPlaceInTheTraceAndEveryLineOfItsLogNamesIt() throws IOException {
        String plan = plan(Map.of("type", "reliably_cli", "mode", "managed"));
        String run = runOf(plan);
        Path environment = temporary.resolve("data/runs/" + run + ".1/environment.json");
        await().atMost(LAUNCHED_WITHIN).until(() -> Files.exists(environment));
        JsonNode variables = new ObjectMapper().readTree(environment.toFile());
        assertEquals(
                "00-" + run.replace("-", "") + "-" + run.replace("-", "").substring(0, 16) + "-01",
                variables.get("TRACEPARENT").asText());
        server.request().post("/runs/" + run + "/cancel").then().statusCode(200);
        await().atMost(LAUNCHED_WITHIN)
                .until(() -> server.request().get("/runs/" + run).path("ended_at") != null);
        await().atMost(SOON).until(() -> hasSpan(run, "run.prepare"));

        String log = server.log();
        // The last line may be being written.
        List<JsonNode> lines = log.substring(0, log.lastIndexOf('\n'))
                .lines()
                // What is printed for the terminal, once, when the data directory is made.
                .filter(line -> !line.startsWith("First start") && !line.startsWith("   "))
                .map(TracesAndLogsIT::json)
                .toList();
        List<JsonNode> ofRun = lines.stream()
                .filter(line -> line.get("message").asText().contains(run))
                .toList();
        assertThat(ofRun.size(), greaterThan(0));
        for (JsonNode line : ofRun) {
            assertEquals(run, line.at("/mdc/run_id").asText(), line::toString);
            assertEquals(plan, line.at("/mdc/plan_id").asText(), line::toString);
            assertEquals(server.orgId(), line.at("/mdc/org_id").asText(), line::toString);
        }
        assertThat(
                lines.stream().map(line -> line.get("message").asText()).toList(),
                hasItem(containsString("Swagger UI")));
    }

    private static boolean hasSpan(String run, String name) {
        String trace = new String(HexFormat.of().parseHex(run.replace("-", "")), StandardCharsets.ISO_8859_1);
        // In OTLP a trace's id is 16 bytes, and a text has its length before it.
        String named = (char) name.length() + name;
        return SENT.stream()
                .map(body -> new String(body, StandardCharsets.ISO_8859_1))
                .anyMatch(body -> body.contains(trace) && body.contains(named));
    }

    private static JsonNode json(String line) {
        try {
            return new ObjectMapper().readTree(line);
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + line, e);
        }
    }

    private static String plan(Map<String, Object> definition) {
        String deployment = create("/deployments", Map.of("name", "d-" + definition, "definition", definition));
        return create(
                "/plans",
                Map.of(
                        "deployment", Map.of("deployment_id", deployment),
                        "schedule", Map.of("type", "now"),
                        "experiments", List.of(experiment)));
    }

    private static String create(String path, Map<String, Object> body) {
        return server.request()
                .body(body)
                .post(path)
                .then()
                .statusCode(201)
                .extract()
                .path("id");
    }

    private static String runOf(String plan) {
        await().atMost(SOON)
                .until(() -> server.request().get("/plans/" + plan + "/runs").path("items[0].id") != null);
        return server.request().get("/plans/" + plan + "/runs").path("items[0].id");
    }
}
