package com.reliably.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Stream;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.TimeUnit;

/** Tells each connection's {@link ConnectionGuard} of its requests, and sees to answers over HTTP/2 that are not read. */
@Singleton
final class GuardedRequests {

    /** Before every other filter. */
    private static final int FIRST = 3_000;

    /** How many pieces an answer has at most that is written at once. */
    private static final int WHOLE_ANSWER = 4;

    private final ConnectionSettings settings;

    GuardedRequests(ConnectionSettings settings) {
        this.settings = settings;
    }

    void install(@Observes Filters filters) {
        filters.register(this::watch, FIRST);
    }

    private void watch(RoutingContext request) {
        Channel channel = ((ConnectionBase) request.request().connection()).channel();
        ConnectionGuard guard = channel.pipeline().get(ConnectionGuard.class);
        if (guard == null) {
            // In development, after code was reloaded: the server that listens is still the one of before.
            request.next();
            return;
        }
        guard.requestBegan();
        request.addEndHandler(ignored -> guard.requestEnded());
        if (request.request().version() == HttpVersion.HTTP_2) {
            int stream = request.response().streamId();
            // Once what ends the body has been handed over.
            request.addBodyEndHandler(ignored -> channel.eventLoop().execute(() -> limitReading(channel, stream)));
            request.next();
        } else if (guard.isWritable()) {
            request.next();
        } else {
            answerLater(request, guard);
        }
    }

    /** Of requests that are sent without reading the answers only the first ones are answered. */
    private static void answerLater(RoutingContext request, ConnectionGuard guard) {
        HttpServerRequest http = request.request();
        boolean hasBody = http.headers().contains(HttpHeaders.CONTENT_LENGTH)
                || http.headers().contains(HttpHeaders.TRANSFER_ENCODING);
        http.pause();
        guard.whenWritable(() -> {
            if (!hasBody) {
                // Who reads a body does so by itself.
                http.resume();
            }
            request.next();
        });
    }

    /**
     * Over HTTP/2 an answer waits for its own stream's window, which the connection's guard does not see. What is answered in
     * pieces has a limit for each of them ({@code com.reliably.answer}), what is answered whole is small.
     */
    private void limitReading(Channel channel, int stream) {
        if (waitsForWindow(channel, stream)) {
            channel.eventLoop()
                    .schedule(
                            () -> {
                                if (waitsForWindow(channel, stream)) {
                                    ChannelHandlerContext http2 =
                                            channel.pipeline().context(Http2ConnectionHandler.class);
                                    ((Http2ConnectionHandler) http2.handler())
                                            .resetStream(http2, stream, Http2Error.CANCEL.code(), http2.newPromise());
                                    http2.flush();
                                }
                            },
                            WHOLE_ANSWER * settings.answerTimeout().toMillis(),
                            TimeUnit.MILLISECONDS);
        }
    }

    private static boolean waitsForWindow(Channel channel, int id) {
        Http2ConnectionHandler http2 = channel.pipeline().get(Http2ConnectionHandler.class);
        Http2Stream stream = http2 == null ? null : http2.connection().stream(id);
        return stream != null && http2.connection().remote().flowController().hasFlowControlled(stream);
    }
}
