package com.reliably.runner.cli;

import static com.reliably.runner.cli.RelayClient.ORG;
import static com.reliably.runner.cli.RelayClient.RESULTS;
import static com.reliably.runner.cli.RelayClient.STATE;
import static com.reliably.runner.cli.RelayClient.STATUS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.runner.cli.StandInServer.Had;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The relay of a launcher between a client, which this test plays, and a server that goes away and comes back. */
@Timeout(240)
class RelayTest {

    private static final String EXECUTIONS = ORG + "/experiments/x/executions";

    @TempDir
    Path temporary;

    private StandInServer server;
    private LaunchedRun run;
    private RelayClient client;
    private String relay;

    @BeforeEach
    void start() throws IOException {
        server = new StandInServer();
        start(Map.of());
    }

    private void start(Map<String, Object> spec) throws IOException {
        Map<String, Object> whole = new HashMap<>(Map.of("handover_seconds", 60));
        whole.putAll(spec);
        run = new LaunchedRun(temporary, RelayClient.SCRIPT, server.url(), whole);
        client = new RelayClient(run);
        relay = client.address();
    }

    @AfterEach
    void stop() throws IOException {
        run.close();
        server.close();
    }

    @Test
    void requestsAndAnswersPassAsTheyAre() throws Exception {
        server.answers((exchange, request) -> {
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.getResponseHeaders().set("Content-Encoding", "gzip");
            exchange.getResponseHeaders().set("X-Of-The-Server", "yes");
            exchange.sendResponseHeaders(418, 3);
            exchange.getResponseBody().write(new byte[] {1, 0, (byte) 0x8b});
        });
        HttpResponse<byte[]> answer =
                client.send(client.request("GET", ORG + "/plans/p?a=%20b", null), BodyHandlers.ofByteArray());
        assertEquals(418, answer.statusCode());
        assertEquals(
                "application/json", answer.headers().firstValue("Content-Type").orElseThrow());
        assertEquals("gzip", answer.headers().firstValue("Content-Encoding").orElseThrow());
        assertEquals("yes", answer.headers().firstValue("X-Of-The-Server").orElseThrow());
        assertEquals("3", answer.headers().firstValue("Content-Length").orElseThrow());
        assertEquals(3, answer.body().length);
        assertEquals((byte) 0x8b, answer.body()[2]);
        assertEquals(ORG + "/plans/p?a=%20b", server.had().get(0).path());
    }

    @Test
    void longAnswersOfUnknownLengthPassWhole() throws Exception {
        String text = "0123456789".repeat(4_000_000);
        server.answers((exchange, request) -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(text.getBytes());
        });
        assertEquals(text, client.send("GET", ORG + "/experiments/x/raw", null).body());
    }

    @Test
    void onlyTheRunsOwnClientIsServed() throws Exception {
        HttpResponse<String> answer = client.send(
                HttpRequest.newBuilder(URI.create(relay + ORG + "/plans/p"))
                        .header("Authorization", "Bearer rly_of-somebody-else")
                        .build(),
                BodyHandlers.ofString());
        assertEquals(401, answer.statusCode());
        assertEquals(List.of(), server.had());
    }

    @Test
    void reportsAreTakenWhileTheServerIsAwayAndHandedOnInOrder() throws Exception {
        client.put(RESULTS, "0");
        server.goAway();
        assertEquals("{\"ok\": true}", client.put(STATUS, "1"));
        assertEquals("null", client.put(RESULTS, "2"));
        assertEquals("null", client.put(RESULTS, "3"));
        assertEquals("null", client.put(STATE, "{\"current\":\"running\"}"));
        assertEquals("null", client.put(RESULTS, "4"));
        assertEquals(4, stored(), "of two journals that follow each other the later is kept");
        assertEquals(
                "{\"current\":\"running\"}", client.send("GET", STATE, null).body(), "what the client said last");
        assertEquals(
                "null", client.send("GET", EXECUTIONS + "/other/state", null).body());
        server.comeBack();
        assertEquals("null", client.put(RESULTS, "5"));
        await().until(() -> stored() == 0);
        List<String> bodies = server.had().stream()
                .filter(had -> had.method().equals("PUT"))
                .map(Had::body)
                .toList();
        assertEquals(
                List.of("0", "1", "3", "{\"current\":\"running\"}", "5"),
                bodies.stream().filter(body -> !body.equals("4")).toList(),
                bodies.toString());
        endsWith("exited", 0);
    }

    @Test
    void theRunIsNotOverBeforeItsReportsAreHandedOver() throws Exception {
        server.goAway();
        client.put(RESULTS, "the last");
        Files.createFile(run.file("workspace/end"));
        await().until(() -> !com.reliably.testing.Scenario.anyProcessWith(run.file("client") + "/reliably"));
        assertFalse(run.isOver());
        server.comeBack();
        assertEquals("exited", run.result().reason());
        assertEquals(List.of("PUT " + RESULTS), server.lines());
    }

    @Test
    void whatCannotBeHandedOverIsSaid() throws Exception {
        run.close();
        start(Map.of("timeout_seconds", 4, "grace_seconds", 1, "handover_seconds", 1));
        server.goAway();
        client.put(RESULTS, "1");
        client.put(STATE, "{}");
        Files.createFile(run.file("workspace/end"));
        RunDirectory.Result result = run.result();
        assertEquals("unreported", result.reason());
        assertEquals(0, result.exitCode());
        assertTrue(result.error().contains("2 of the last reports"), result.error());
        assertTrue(run.output().contains("2 of the last reports"), run.output());
    }

    @Test
    void whatNeedsAnAnswerIsHeldUntilTheServerIsBack() throws Exception {
        server.goAway();
        CompletableFuture<HttpResponse<String>> held = client.sendLater("GET", ORG + "/plans/p", null);
        CompletableFuture<HttpResponse<String>> created = client.sendLater("POST", EXECUTIONS, "{}");
        client.put(RESULTS, "before");
        server.answers((exchange, request) ->
                StandInServer.answer(exchange, request.method().equals("POST") ? 201 : 200, "\"there\""));
        server.comeBack();
        assertEquals("\"there\"", held.join().body());
        assertEquals(201, created.join().statusCode());
    }

    @Test
    void aServerThatSaysItIsNotThereIsAway() throws Exception {
        AtomicInteger refused = new AtomicInteger();
        server.answers((exchange, request) -> {
            if (refused.incrementAndGet() <= 3) {
                StandInServer.answer(exchange, 503, "{\"detail\":\"no database\"}");
            } else {
                StandInServer.answer(exchange, 200, "\"" + request.method() + "\"");
            }
        });
        assertEquals("null", client.put(RESULTS, "kept"));
        assertEquals("\"GET\"", client.send("GET", ORG + "/plans/p", null).body());
        await().until(() -> stored() == 0);
    }

    @Test
    void anAnswerThatIsCutOffIsAskedForAgainAndAnExecutionIsCreatedOnce() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        server.answers((exchange, request) -> {
            if (requests.incrementAndGet() % 2 == 1) {
                StandInServer.cutInTheMidst(exchange);
            } else {
                StandInServer.answer(exchange, request.method().equals("POST") ? 201 : 200, "[1, 2]");
            }
        });
        assertEquals(
                "[1, 2]", client.send("GET", ORG + "/experiments/x/raw", null).body());
        assertEquals(201, client.send("POST", EXECUTIONS, "{}").statusCode());
        Map<String, Long> keys = server.had().stream()
                .filter(had -> had.method().equals("POST"))
                .map(Had::key)
                .collect(Collectors.groupingBy(key -> key, Collectors.counting()));
        assertEquals(List.of(2L), List.copyOf(keys.values()), "both tries have the same key");
    }

    @Test
    void whatMustNotBeDoneTwiceIsNotRepeated() throws Exception {
        server.answers((exchange, request) -> StandInServer.cutInTheMidst(exchange));
        HttpResponse<String> answer = client.send("POST", ORG + "/plans/p/run", "{}");
        assertEquals(502, answer.statusCode());
        assertEquals(1, server.had().size());
    }

    @Test
    void aSlowServerIsWaitedForAndTheClientIsToldToContinue() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        server.answers((exchange, request) -> {
            go.join();
            StandInServer.answer(exchange, 200, "\"late\"");
        });
        try (java.net.Socket socket =
                new java.net.Socket("127.0.0.1", URI.create(relay).getPort())) {
            socket.getOutputStream()
                    .write(("GET " + ORG + "/plans/p HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + LaunchedRun.TOKEN
                                    + "\r\n\r\n")
                            .getBytes());
            java.io.BufferedReader lines =
                    new java.io.BufferedReader(new java.io.InputStreamReader(socket.getInputStream()));
            assertEquals("HTTP/1.1 100 Continue", lines.readLine());
            assertEquals("", lines.readLine());
            go.complete(null);
            String line = lines.readLine();
            while (line.isEmpty() || line.equals("HTTP/1.1 100 Continue")) {
                line = lines.readLine();
            }
            assertEquals("HTTP/1.1 200 OK", line);
        }
    }

    @Test
    void whatTheServerRefusesIsSaidInTheLog() throws Exception {
        server.goAway();
        client.put(RESULTS, "bad");
        server.answers((exchange, request) -> StandInServer.answer(exchange, 422, "{\"detail\":\"no journal\"}"));
        server.comeBack();
        await().until(() -> stored() == 0);
        await().until(() -> run.output().contains("422 {\"detail\":\"no journal\"}"));
        endsWith("exited", 0);
    }

    @Test
    void addressesInTheLogAndInReportsAreTheServers() throws Exception {
        String authority = relay.substring("http://".length());
        client.put(RESULTS, "{\"url\": \"https://" + authority + "/executions\", \"from\": \"" + relay + "/api\"}");
        String server = this.server.url().substring("http://".length());
        assertEquals(
                "{\"url\": \"https://" + server + "/executions\", \"from\": \"http://" + server + "/api\"}",
                this.server.had().get(0).body());
        assertEquals("application/json", this.server.had().get(0).contentType());
        await().until(() ->
                run.output().contains("see http://" + server + "/api and https://" + server + "/executions\n"));
    }

    @Test
    void reportsOutliveAKilledLauncher() throws Exception {
        server.goAway();
        client.put(RESULTS, "1");
        client.put(STATE, "{}");
        run.launcher().destroyForcibly().waitFor();
        await().until(() -> run.directory().supervisor().isEmpty());
        assertEquals(2, run.directory().reportsNotHandedOver());
    }

    private void endsWith(String reason, int exitCode) throws Exception {
        Files.createFile(run.file("workspace/end"));
        RunDirectory.Result result = run.result();
        assertEquals(reason, result.reason(), result.error());
        assertNotNull(result.exitCode());
        assertEquals(exitCode, result.exitCode());
    }

    private int stored() throws IOException {
        return run.directory().reportsNotHandedOver();
    }
}
