package com.reliably.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.restassured.RestAssured;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/** Plain HTTP to the server under test: sends exactly what it is told, and returns bytes. */
public final class Wire {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** Where the server listens. */
    public static URI server() {
        return URI.create(RestAssured.baseURI + ":" + RestAssured.port);
    }

    /**
     * Sends one request.
     *
     * @param target  path and query, percent-encoded
     * @param headers what to send beside what HTTP needs
     * @param body    null for none
     */
    public Answer send(String method, String target, Map<String, String> headers, byte[] body) {
        HttpRequest.BodyPublisher publisher =
                body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofByteArray(body);
        return send(method, target, headers, publisher);
    }

    /** The same, with a body that is made while it is sent; its length is not declared. */
    public Answer send(String method, String target, Map<String, String> headers, HttpRequest.BodyPublisher body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server() + target))
                .timeout(Duration.ofSeconds(60))
                .method(method, body);
        headers.forEach(request::header);
        try {
            HttpResponse<byte[]> response = client.send(request.build(), Wire::body);
            return new Answer(response.statusCode(), response.headers(), response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(method + " " + target, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** What is a stream has no end to wait for: its head is the answer, and it is left at once. */
    private static HttpResponse.BodySubscriber<byte[]> body(HttpResponse.ResponseInfo answer) {
        boolean stream = answer.headers()
                .firstValue("Content-Type")
                .filter(type -> type.startsWith("text/event-stream"))
                .isPresent();
        return stream ? new Leave() : HttpResponse.BodySubscribers.ofByteArray();
    }

    private static final class Leave implements HttpResponse.BodySubscriber<byte[]> {

        @Override
        public CompletionStage<byte[]> getBody() {
            return CompletableFuture.completedFuture(new byte[0]);
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.cancel();
        }

        @Override
        public void onNext(List<ByteBuffer> bytes) {
            // It has left.
        }

        @Override
        public void onError(Throwable failure) {
            // That is how leaving looks.
        }

        @Override
        public void onComplete() {
            // It has left.
        }
    }

    /** A JSON request with a token. */
    public Answer json(String method, String target, String token, String body) {
        return send(
                method,
                target,
                Map.of("Authorization", "Bearer " + token, "Content-Type", "application/json"),
                body == null ? null : body.getBytes(StandardCharsets.UTF_8));
    }

    /** What came back. */
    public record Answer(int status, HttpHeaders headers, byte[] bytes) {

        /** The body as text. */
        public String text() {
            return new String(bytes, StandardCharsets.UTF_8);
        }

        /** The body as JSON; a missing node where it is none. */
        public JsonNode json() {
            try {
                return bytes.length == 0 ? MissingNode.getInstance() : JSON.readTree(bytes);
            } catch (IOException e) {
                return MissingNode.getInstance();
            }
        }

        /** The media type without parameters; empty where there is none. */
        public String mediaType() {
            return headers.firstValue("Content-Type")
                    .map(type -> type.replaceFirst("\\s*;.*", ""))
                    .orElse("");
        }

        /** All values of a header, joined. */
        public String header(String name) {
            List<String> values = headers.allValues(name);
            return values.isEmpty() ? null : String.join(", ", values);
        }

        @Override
        public String toString() {
            String text = text();
            return status + " " + (text.length() > 600 ? text.substring(0, 600) + "…" : text);
        }
    }
}
