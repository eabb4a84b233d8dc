package com.reliably.runner.docker;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.parsetools.RecordParser;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What an engine takes long to answer, for as long as a container runs or an image is downloaded: no thread waits for any of
 * it (docs/adr/0014). Every method fails with {@link EngineFailure}; none is tried again.
 */
final class EngineStreams {

    /** No answer that is read whole is anywhere near, nor is a line of one that is not. */
    private static final int LARGEST_ANSWER = 1 << 20;

    private static final Map<String, String> NO_HEADERS = Map.of();

    private final EngineRequests requests;
    private final ObjectMapper json;

    /** An engine that nobody has spoken to yet. */
    EngineStreams(EngineRequests requests, ObjectMapper json) {
        this.requests = requests;
        this.json = json;
    }

    /** The output of a container from its beginning on, until the container has ended. */
    Uni<LogStream> follow(String id) {
        return uni(() -> ask(
                        HttpMethod.GET,
                        "/containers/" + id + "/logs?stdout=1&stderr=1&follow=1",
                        Duration.ZERO,
                        NO_HEADERS)
                .map(response -> new LogStream(requests.loop(), response)));
    }

    /**
     * Waits until a container has ended; returns its exit code.
     *
     * @param within without a byte
     */
    Uni<Integer> ended(String id, Duration within) {
        return uni(() -> ask(HttpMethod.POST, "/containers/" + id + "/wait", within, NO_HEADERS)
                .compose(this::body)
                .map(body -> exitCode(body)));
    }

    private static int exitCode(Buffer body) {
        return body.toJsonObject().getInteger("StatusCode");
    }

    /**
     * Asks a container to end, by SIGTERM, and has it killed after the grace; succeeds once it has ended.
     *
     * @param within without a byte
     */
    Uni<Void> stop(String id, Duration grace, Duration within) {
        return uni(() -> ask(HttpMethod.POST, "/containers/" + id + "/stop?t=" + grace.toSeconds(), within, NO_HEADERS)
                        .compose(this::body))
                .replaceWithVoid();
    }

    /**
     * Pulls an image. What it downloads goes on only for as long as somebody waits here.
     *
     * @param image     with its tag or digest: without one the engine would pull all there are
     * @param silentFor without a byte
     */
    Uni<Void> pull(String image, RegistryLogin login, Duration silentFor) {
        return uni(() -> ask(
                        HttpMethod.POST, "/images/create?fromImage=" + Engine.encode(image), silentFor, login.headers())
                .compose(this::untilPulled));
    }

    /** Gives the connections up. */
    void close() {
        requests.close();
    }

    private <T> Uni<T> uni(Supplier<Future<T>> request) {
        return Uni.createFrom()
                .<T>emitter(emitter ->
                        requests.onLoop(request).onSuccess(emitter::complete).onFailure(emitter::fail))
                .onFailure(failure -> !(failure instanceof EngineFailure))
                .transform(
                        failure -> EngineFailure.unreachable(requests.address().text(), failure));
    }

    /** An answer that is no refusal. */
    private Future<HttpClientResponse> ask(
            HttpMethod method, String uri, Duration silentFor, Map<String, String> headers) {
        return requests.request(method, uri, silentFor, headers)
                .compose(request -> request.send())
                .compose(
                        response -> response.statusCode() < 400 ? Future.succeededFuture(response) : refusal(response));
    }

    private Future<HttpClientResponse> refusal(HttpClientResponse response) {
        return body(response)
                .compose(body -> Future.failedFuture(
                        EngineFailure.refused(response.statusCode(), EngineFailure.messageIn(body.toString(), json))));
    }

    private Future<Buffer> body(HttpClientResponse response) {
        return EngineRequests.body(response, LARGEST_ANSWER);
    }

    /** A pull answers with a line of JSON for each step; what went wrong is one of them. */
    private Future<Void> untilPulled(HttpClientResponse response) {
        Promise<Void> pulled = Promise.promise();
        RecordParser lines = RecordParser.newDelimited("\n", response).maxRecordSize(LARGEST_ANSWER);
        lines.handler(line ->
                errorOf(line).ifPresent(error -> pulled.tryFail(EngineFailure.refused(response.statusCode(), error))));
        lines.endHandler(ignored -> pulled.tryComplete());
        lines.exceptionHandler(pulled::tryFail);
        return pulled.future();
    }

    private Optional<String> errorOf(Buffer line) {
        try {
            return Optional.ofNullable(
                    json.readTree(line.getBytes()).path("error").textValue());
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
