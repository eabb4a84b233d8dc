package com.reliably.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** What a person asks of a server, many times at once. */
final class Client {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int AT_ONCE = 8;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String base;
    private final String token;

    /** Talks to a server about its first organization. */
    Client(String url, String orgId, String token) {
        this.base = url + "/api/v1/organization/" + orgId;
        this.token = token;
    }

    /** Makes something; returns its id. */
    String create(String path, Map<String, Object> body) {
        return post(path, body, 201).get("id").asText();
    }

    /** Asks for something to be done. */
    void tell(String path) {
        post(path, Map.of(), 200);
    }

    JsonNode get(String path) {
        return send(request(path).GET().build(), 200);
    }

    private JsonNode post(String path, Map<String, Object> body, int expected) {
        try {
            return send(
                    request(path)
                            .POST(BodyPublishers.ofString(JSON.writeValueAsString(body)))
                            .build(),
                    expected);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + path))
                .timeout(Duration.ofSeconds(60))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json");
    }

    private JsonNode send(HttpRequest request, int expected) {
        try {
            HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
            if (response.statusCode() != expected) {
                throw new IllegalStateException(
                        request.uri() + " answered " + response.statusCode() + ": " + response.body());
            }
            return JSON.readTree(response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** Does the same for each of many, a few at a time. */
    static <T, R> List<R> forEach(List<T> all, Function<T, R> work) {
        ExecutorService workers = Executors.newFixedThreadPool(AT_ONCE);
        try {
            List<CompletableFuture<R>> results = all.stream()
                    .map(one -> CompletableFuture.supplyAsync(() -> work.apply(one), workers))
                    .toList();
            return results.stream().map(CompletableFuture::join).toList();
        } finally {
            workers.shutdownNow();
        }
    }
}
