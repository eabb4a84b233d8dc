package com.reliably.testing;

import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** HTTP/2 in clear text, spoken at once (RFC 9113, 3.3), which the client of Java does not. */
public final class ClearTextHttp2 implements AutoCloseable {

    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = vertx.createHttpClient(new HttpClientOptions()
            .setProtocolVersion(HttpVersion.HTTP_2)
            .setHttp2ClearTextUpgrade(false)
            .setHttp2MaxPoolSize(1));

    private final URI server;

    /** A client with one connection to this server. */
    public ClearTextHttp2(URI server) {
        this.server = server;
    }

    /** An answer: its status and its body. */
    public record Answer(int status, MultiMap headers, String body) {}

    /** A request that goes on until its body is ended, and the answer that comes of it. */
    public static final class Exchange {

        private final CompletableFuture<HttpClientRequest> request = new CompletableFuture<>();
        private final CompletableFuture<Answer> answer = new CompletableFuture<>();

        /** Sends a piece of the body; waits until there is a request to send it with. */
        public Exchange write(byte[] piece) {
            request.join().write(Buffer.buffer(piece));
            return this;
        }

        /** Ends the body. */
        public Exchange end() {
            request.join().end();
            return this;
        }

        /** The answer, once it has come whole. */
        public CompletableFuture<Answer> answer() {
            return answer;
        }
    }

    /** Begins a request whose length is not declared. */
    public Exchange begin(String method, String target, Map<String, String> headers) {
        Exchange exchange = new Exchange();
        client.request(new RequestOptions()
                        .setMethod(HttpMethod.valueOf(method))
                        .setHost(server.getHost())
                        .setPort(server.getPort())
                        .setURI(target))
                .onFailure(failure -> {
                    exchange.request.completeExceptionally(failure);
                    exchange.answer.completeExceptionally(failure);
                })
                .onSuccess(request -> {
                    headers.forEach(request::putHeader);
                    request.setChunked(true);
                    request.response()
                            .compose(response -> response.body()
                                    .map(body ->
                                            new Answer(response.statusCode(), response.headers(), body.toString())))
                            .onComplete(done -> {
                                if (done.succeeded()) {
                                    exchange.answer.complete(done.result());
                                } else {
                                    exchange.answer.completeExceptionally(done.cause());
                                }
                            });
                    request.sendHead().onComplete(sent -> exchange.request.complete(request));
                });
        return exchange;
    }

    @Override
    public void close() {
        client.close();
        vertx.close();
    }
}
