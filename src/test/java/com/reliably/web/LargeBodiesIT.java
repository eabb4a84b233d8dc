package com.reliably.web;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many of the largest requests at once, on the heap that the start script gives. */
class LargeBodiesIT {

    private static final int AT_ONCE = 24;
    private static final String REPORT =
            "{\"result\": \"{\\\"status\\\": \\\"completed\\\", \\\"run\\\": [{\\\"output\\\": \\\""
                    + "a".repeat(15_000_000) + "\\\"}]}\", \"log\": \"\"}";

    @TempDir
    Path directory;

    @Test
    void theyAreAnsweredOneAfterTheOtherAndTheServerLives() {
        try (ServerProcess server = ServerProcess.on(directory.resolve("data"))
                .arguments("-Xmx224m")
                // However slow the machine is: what is looked at is the heap.
                .with("QUARKUS_HTTP_READ_TIMEOUT", "PT4M")
                .with("QUARKUS_HTTP_IDLE_TIMEOUT", "PT4M")
                .start()) {
            String experiment = server.request()
                    .body(Map.of("definition", Map.of("title", "large", "description", "n/a", "method", List.of())))
                    .post("/experiments")
                    .then()
                    .statusCode(201)
                    .extract()
                    .path("id");
            String executions = "/experiments/" + experiment + "/executions";
            String execution = server.request()
                    .body(Map.of("result", "{}"))
                    .post(executions)
                    .then()
                    .statusCode(201)
                    .extract()
                    .path("id");
            String path = "/api/v1/organization/" + server.orgId() + executions + "/" + execution + "/results";
            assertEquals(List.of(401), statuses(server, path, "a-token-that-does-not-exist"));
            assertEquals(List.of(200), statuses(server, path, server.token()));
            server.request()
                    .get(executions)
                    .then()
                    .statusCode(200)
                    .body("items[0].result.status", equalTo("completed"));
            assertThat(server.log(), not(containsString("OutOfMemory")));
        }
    }

    private static List<Integer> statuses(ServerProcess server, String path, String token) {
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.url() + path))
                .timeout(Duration.ofMinutes(4))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .PUT(BodyPublishers.ofString(REPORT))
                .build();
        return IntStream.range(0, AT_ONCE)
                .mapToObj(ignored -> client.sendAsync(request, BodyHandlers.discarding()))
                .toList()
                .stream()
                .map(CompletableFuture::join)
                .map(response -> response.statusCode())
                .distinct()
                .toList();
    }
}
