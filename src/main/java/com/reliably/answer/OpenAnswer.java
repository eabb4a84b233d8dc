package com.reliably.answer;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ServerHttpResponse;

/**
 * An answer that goes on after its endpoint has returned: written bit by bit, until it is ended, its client has gone, or its client
 * does not take what was written. Everything happens on the request's Vert.x context, that is on one thread.
 */
public final class OpenAnswer {

    private final ResteasyReactiveRequestContext request;
    private final ServerHttpResponse response;
    private final RoutingContext routing;
    private final Vertx vertx;
    private final Context context;
    private final long patience;
    private final Runnable whenOver;

    private boolean over;

    /**
     * An answer of which nothing was written. To be made on the request's context.
     *
     * @param patience how long the client may take for each write
     * @param whenOver is done once, however it ends
     */
    public OpenAnswer(ResteasyReactiveRequestContext request, Duration patience, Runnable whenOver) {
        this.request = request;
        this.response = request.serverResponse();
        this.routing = request.unwrap(RoutingContext.class);
        this.vertx = routing.vertx();
        this.context = vertx.getOrCreateContext();
        this.patience = patience.toMillis();
        this.whenOver = whenOver;
        request.suspend();
        response.addCloseHandler(this::gone);
    }

    /** The request that it answers. */
    public RoutingContext routing() {
        return routing;
    }

    /** The response that it goes to, for its headers. */
    public ServerHttpResponse response() {
        return response;
    }

    /** The context that everything happens on. */
    public Context context() {
        return context;
    }

    /** Whether only the head is asked for. */
    public boolean isHeadOnly() {
        return routing.request().method() == HttpMethod.HEAD;
    }

    /** Whether nothing more can be written. */
    public boolean isOver() {
        return over;
    }

    /**
     * Writes bytes. The client is cut off where it does not take them in time.
     *
     * @param whenSent is done once they have left for the client's socket; not where the answer is over by then
     */
    public void write(byte[] bytes, Runnable whenSent) {
        long timer = vertx.setTimer(patience, ignored -> cutOff());
        response.write(bytes).whenComplete((sent, failure) -> {
            vertx.cancelTimer(timer);
            if (failure != null) {
                gone();
            } else if (!over) {
                whenSent.run();
            }
        });
    }

    /** Ends it. */
    public void end() {
        if (close()) {
            response.end();
            request.close();
        }
    }

    /** Ends it with all that it has. */
    public void end(byte[] whole) {
        if (close()) {
            response.end(whole);
            request.close();
        }
    }

    /** Answers with a failure. Nothing may have been written. */
    public void fail(Throwable failure) {
        if (close()) {
            request.resume(failure);
        }
    }

    /** Ends it at once, whatever is under way. In HTTP/1 not by {@code close()} or {@code reset()}: they wait for the client. */
    public void cutOff() {
        if (over) {
            return;
        }
        gone();
        if (routing.request().version() == HttpVersion.HTTP_2) {
            routing.response().reset();
        } else {
            ((ConnectionBase) routing.request().connection()).channel().close();
        }
    }

    /** The client has gone, or cannot be reached. */
    private void gone() {
        if (close()) {
            request.close();
        }
    }

    private boolean close() {
        if (over) {
            return false;
        }
        over = true;
        whenOver.run();
        return true;
    }
}
