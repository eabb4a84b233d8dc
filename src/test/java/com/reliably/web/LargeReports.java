package com.reliably.web;

import com.reliably.testing.ServerProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** A packaged server on the heap that the start script gives, with an execution whose reports are as large as reports get. */
final class LargeReports implements AutoCloseable {

    /** How many are sent or read at once. */
    static final int AT_ONCE = 24;

    /** The length of the journal of the largest report, in characters. */
    static final int JOURNAL = 15_000_000;

    /** The largest report. */
    static final String LARGEST =
            "{\"result\": \"{\\\"status\\\": \\\"completed\\\", \\\"run\\\": [{\\\"output\\\": \\\""
                    + "a".repeat(JOURNAL) + "\\\"}]}\", \"log\": \"\"}";

    private static final Duration LONGEST = Duration.ofMinutes(4);

    private final ServerProcess server;
    private final String executions;
    private final String results;

    /** Starts it, with a data directory below this one. */
    LargeReports(Path directory) {
        server = ServerProcess.on(directory.resolve("data"))
                .arguments("-XX:+UseSerialGC", "-Xmx224m", "-XX:+ExitOnOutOfMemoryError")
                // However slow the machine is: what is looked at is the heap.
                .with("QUARKUS_HTTP_READ_TIMEOUT", LONGEST.toString())
                .with("QUARKUS_HTTP_IDLE_TIMEOUT", LONGEST.toString())
                .with("RELIABLY_BODIES_TIMEOUT", LONGEST.toString())
                .with("RELIABLY_BODIES_MEMORY_TIMEOUT", LONGEST.toString())
                .start();
        String experiment = server.request()
                .body(Map.of("definition", Map.of("title", "large", "description", "n/a", "method", List.of())))
                .post("/experiments")
                .then()
                .statusCode(201)
                .extract()
                .path("id");
        executions = "/experiments/" + experiment + "/executions";
        String execution = server.request()
                .body(Map.of("result", "{}"))
                .post(executions)
                .then()
                .statusCode(201)
                .extract()
                .path("id");
        results = "/api/v1/organization/" + server.orgId() + executions + "/" + execution + "/results";
    }

    ServerProcess server() {
        return server;
    }

    /** The path of the executions, below the organization. */
    String executions() {
        return executions;
    }

    /** The path of the reports and of the journal, from the root on. */
    String results() {
        return results;
    }

    /** A request that takes as long as it likes. */
    HttpRequest.Builder request(String token, String path) {
        return HttpRequest.newBuilder(URI.create(server.url() + path))
                .timeout(LONGEST)
                .header("Authorization", "Bearer " + token);
    }

    /** Sends a report so many times at once; the different statuses of the answers. */
    List<Integer> send(String report, String token, int atOnce) {
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        HttpRequest request = request(token, results)
                .header("Content-Type", "application/json")
                .PUT(BodyPublishers.ofString(report))
                .build();
        return IntStream.range(0, atOnce)
                .mapToObj(ignored -> client.sendAsync(request, BodyHandlers.discarding()))
                .toList()
                .stream()
                .map(CompletableFuture::join)
                .map(response -> response.statusCode())
                .distinct()
                .toList();
    }

    @Override
    public void close() {
        server.close();
    }
}
