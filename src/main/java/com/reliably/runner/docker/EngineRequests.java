package com.reliably.runner.docker;

import com.reliably.deployment.EngineAddress;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The requests that an engine is sent. Its address, where it is not in the file system, is decided about with each of them by
 * the client that is given (docs/adr/0024).
 */
final class EngineRequests {

    private static final Duration CONNECT_WITHIN = Duration.ofSeconds(10);

    private final Context loop;
    private final HttpClient http;
    private final EngineAddress address;
    private final boolean tls;

    /**
     * An engine that nobody has spoken to yet.
     *
     * @param loop the event loop that everything happens on
     */
    EngineRequests(Context loop, HttpClient http, EngineAddress address, boolean tls) {
        this.loop = loop;
        this.http = http;
        this.address = address;
        this.tls = tls;
    }

    Context loop() {
        return loop;
    }

    EngineAddress address() {
        return address;
    }

    /** Runs steps on the event loop, from the first on: elsewhere an answer could be over before the next step is made. */
    <T> Future<T> onLoop(Supplier<Future<T>> steps) {
        Promise<T> outcome = Promise.promise();
        loop.runOnContext(ignored ->
                Future.succeededFuture().compose(begun -> steps.get()).onComplete(outcome));
        return outcome.future();
    }

    /**
     * A request that is to be sent, on the event loop.
     *
     * @param silentFor without a byte; {@link Duration#ZERO} for as long as it takes
     */
    Future<HttpClientRequest> request(HttpMethod method, String uri, Duration silentFor, Map<String, String> headers) {
        RequestOptions options = new RequestOptions()
                .setMethod(method)
                .setURI(uri)
                .setConnectTimeout(CONNECT_WITHIN.toMillis())
                .setIdleTimeout(silentFor.toMillis());
        if (address.isLocal()) {
            options.setServer(SocketAddress.domainSocketAddress(address.path()))
                    .setHost("docker")
                    .setPort(80);
        } else {
            options.setHost(address.host()).setPort(address.port(tls)).setSsl(tls);
        }
        headers.forEach(options::putHeader);
        return http.request(options);
    }

    /** The body of an answer, read whole. */
    static Future<Buffer> body(HttpClientResponse response, int largest) {
        Promise<Buffer> whole = Promise.promise();
        Buffer body = Buffer.buffer();
        response.handler(piece -> {
            body.appendBuffer(piece);
            if (body.length() > largest) {
                response.request().reset();
                whole.tryFail("The answer is larger than " + largest + " bytes");
            }
        });
        response.endHandler(ignored -> whole.tryComplete(body));
        response.exceptionHandler(whole::tryFail);
        return whole.future();
    }

    /** Gives the connections up. */
    void close() {
        http.close();
    }
}
