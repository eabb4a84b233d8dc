package com.reliably.runner.docker;

import com.github.dockerjava.transport.DockerHttpClient;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * docker-java's way to an engine, for answers that come soon and are read whole. Blocks; where its thread is interrupted it
 * gives up, and closes the connection.
 *
 * <p>A connection is used once: an engine that was restarted would make the next request on it fail that nobody may send
 * twice, as is that which makes a container.
 */
final class EngineTransport implements DockerHttpClient {

    /** Nothing that is read whole is anywhere near. */
    private static final int LARGEST_ANSWER = 8 << 20;

    private final EngineRequests requests;
    private final Duration answerWithin;

    /**
     * Connects to nothing yet.
     *
     * @param requests     left to those who share them
     * @param answerWithin from the request to the end of the answer
     */
    EngineTransport(EngineRequests requests, Duration answerWithin) {
        this.requests = requests;
        this.answerWithin = answerWithin;
    }

    @Override
    public Answer execute(Request request) {
        Buffer body = bodyOf(request);
        AtomicReference<HttpClientRequest> sent = new AtomicReference<>();
        Future<Answer> answer = requests.onLoop(() -> requests.request(
                        HttpMethod.valueOf(request.method()), request.path(), answerWithin, request.headers())
                .compose(begun -> {
                    sent.set(begun);
                    return body == null ? begun.send() : begun.send(body);
                })
                .compose(EngineTransport::whole));
        try {
            return answer.toCompletionStage().toCompletableFuture().get(answerWithin.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException told ? told : new UncheckedIOException(asIo(e.getCause()));
        } catch (TimeoutException e) {
            giveUp(sent.get());
            throw new UncheckedIOException(new IOException("no answer within " + answerWithin.toSeconds() + " s", e));
        } catch (InterruptedException e) {
            giveUp(sent.get());
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new InterruptedIOException("given up"));
        }
    }

    private void giveUp(HttpClientRequest sent) {
        if (sent != null) {
            requests.loop().runOnContext(ignored -> sent.reset());
        }
    }

    private static IOException asIo(Throwable failure) {
        return failure instanceof IOException io ? io : new IOException(failure.getMessage(), failure);
    }

    private static Buffer bodyOf(Request request) {
        if (request.bodyBytes() != null) {
            return Buffer.buffer(request.bodyBytes());
        }
        try (InputStream body = request.body()) {
            return body == null ? null : Buffer.buffer(body.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Future<Answer> whole(HttpClientResponse response) {
        Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        response.headers()
                .names()
                .forEach(name -> headers.put(name, response.headers().getAll(name)));
        return EngineRequests.body(response, LARGEST_ANSWER)
                .map(body -> new Answer(response.statusCode(), headers, body.getBytes()));
    }

    /** An answer that has been read. */
    record Answer(int status, Map<String, List<String>> headers, byte[] bytes) implements Response {

        @Override
        public int getStatusCode() {
            return status;
        }

        @Override
        public Map<String, List<String>> getHeaders() {
            return headers;
        }

        @Override
        public InputStream getBody() {
            return new ByteArrayInputStream(bytes);
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }

    @Override
    public void close() {
        // Its requests are not its own.
    }
}
