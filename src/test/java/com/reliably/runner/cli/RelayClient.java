package com.reliably.runner.cli;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.util.concurrent.CompletableFuture;

/** A test in the place of a run's client, which speaks to the run's relay. */
final class RelayClient {

    static final String ORG = "/api/v1/organization/o";
    static final String RESULTS = ORG + "/experiments/x/executions/e/results";
    static final String STATE = ORG + "/experiments/x/executions/e/state";
    static final String STATUS = ORG + "/plans/p/status";

    /** Says where the relay is, and goes on until it is told to end. */
    static final String SCRIPT = """
            #!/bin/sh
            echo "$RELIABLY_SERVICE_HOST $RELIABLY_HOST $RELIABLY_USE_HTTP $NO_PROXY" > ../there.new
            mv ../there.new ../there
            echo "see http://$RELIABLY_HOST/api and https://$RELIABLY_HOST/executions"
            trap 'exit 0' TERM
            while [ ! -e ../end ]; do sleep 0.1; done
            exit 0
            """;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String[] told;

    /** Waits for the {@link #SCRIPT} of a run to say where the relay is. */
    RelayClient(LaunchedRun run) throws IOException {
        await().until(() -> Files.exists(run.file("workspace/there")));
        told = Files.readString(run.file("workspace/there")).strip().split(" ");
    }

    String address() {
        return told[0];
    }

    /** The hosts that the client is told to reach through no proxy. */
    String noProxy() {
        return told.length > 3 ? told[3] : "";
    }

    /** Reports, and expects that it is taken. */
    String put(String path, String body) throws Exception {
        HttpResponse<String> answer = send("PUT", path, body);
        assertEquals(200, answer.statusCode(), answer.body());
        return answer.body();
    }

    HttpResponse<String> send(String method, String path, String body) throws Exception {
        return http.send(request(method, path, body), BodyHandlers.ofString());
    }

    <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler) throws Exception {
        return http.send(request, handler);
    }

    CompletableFuture<HttpResponse<String>> sendLater(String method, String path, String body) {
        return http.sendAsync(request(method, path, body), BodyHandlers.ofString());
    }

    HttpRequest request(String method, String path, String body) {
        return HttpRequest.newBuilder(URI.create(address() + path))
                .header("Authorization", "Bearer " + LaunchedRun.TOKEN)
                .header("Content-Type", "application/json")
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
    }
}
