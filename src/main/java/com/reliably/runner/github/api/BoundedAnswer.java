package com.reliably.runner.github.api;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;

/** An answer with the first bytes of its body; where there are more, they are not read any more. */
final class BoundedAnswer {

    private final int most;
    private final Buffer bytes = Buffer.buffer();
    private final CompletableFuture<GitHubAnswer> whole = new CompletableFuture<>();

    /** @param most bytes that are kept */
    BoundedAnswer(int most) {
        this.most = most;
    }

    CompletableFuture<GitHubAnswer> whole() {
        return whole;
    }

    void fail(Throwable failure) {
        whole.completeExceptionally(failure);
    }

    /** Nobody waits for it any more; the connection is given up. */
    void giveUp() {
        fail(new CancellationException());
    }

    /**
     * Sends the request, and reads its answer.
     *
     * @param body null where there is none
     */
    void read(HttpClientRequest request, byte[] body) {
        whole.whenComplete((answer, failure) -> {
            if (failure != null) {
                request.reset();
            }
        });
        // Also one that is empty: GitHub wants to be told its length.
        boolean plain = body == null
                && List.of("GET", "HEAD").contains(request.getMethod().name());
        (plain ? request.send() : request.send(body == null ? Buffer.buffer() : Buffer.buffer(body)))
                .onSuccess(this::read)
                .onFailure(this::fail);
    }

    private void read(HttpClientResponse response) {
        response.exceptionHandler(this::fail);
        response.endHandler(end -> complete(response));
        response.handler(piece -> {
            if (bytes.length() + piece.length() <= most) {
                bytes.appendBuffer(piece);
            } else if (!whole.isDone()) {
                bytes.appendBuffer(piece, 0, most - bytes.length());
                complete(response);
                response.request().reset();
            }
        });
    }

    private void complete(HttpClientResponse response) {
        Map<String, List<String>> headers = new HashMap<>();
        response.headers()
                .names()
                .forEach(name -> headers.put(
                        name.toLowerCase(Locale.ROOT), response.headers().getAll(name)));
        whole.complete(new GitHubAnswer(response.statusCode(), headers, bytes.getBytes()));
    }
}
