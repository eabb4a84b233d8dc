package com.reliably.event;

import com.reliably.access.TokenService;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ServerHttpResponse;

/**
 * One stream on its way to one client: a page is read, written, and has left for the client's socket before the next
 * one is read. Everything happens on the request's Vert.x context, that is on one thread.
 */
final class OpenStream {

    private static final Logger LOG = Logger.getLogger(OpenStream.class);

    /** How long, in milliseconds, a client waits before it comes back. */
    private static final String BEGINNING = "retry: 2000\n\n";

    /** How long, in milliseconds, a client may take for what is under way when the server stops. */
    private static final long PATIENCE = 1_000;

    private final EventStream stream;
    private final ResteasyReactiveRequestContext request;
    private final ServerHttpResponse response;
    private final Vertx vertx;
    private final Context context;
    private final EventSettings settings;
    private final TokenService tokens;
    private final Consumer<OpenStream> whenOver;

    private long heartbeat;
    private long lifetime;
    private long pause = -1;
    /** Pages and heartbeats on their way to the socket. */
    private int underway;

    private boolean silent = true;
    private boolean stopping;
    private boolean over;

    OpenStream(
            EventStream stream,
            ResteasyReactiveRequestContext request,
            Vertx vertx,
            EventSettings settings,
            TokenService tokens,
            Consumer<OpenStream> whenOver) {
        this.stream = stream;
        this.request = request;
        this.response = request.serverResponse();
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.settings = settings;
        this.tokens = tokens;
        this.whenOver = whenOver;
    }

    /** To be called on the request's context. */
    void begin() {
        request.suspend();
        response.setChunked(true);
        response.addCloseHandler(this::gone);
        heartbeat = vertx.setPeriodic(millis(settings.heartbeatEvery()), ignored -> beat());
        lifetime = vertx.setTimer(millis(settings.streamLifetime()), ignored -> end());
        if (routing().request().method() == HttpMethod.HEAD) {
            end();
        } else {
            write(BEGINNING, this::pull);
        }
    }

    /** Ends the stream once what is under way has left, but not much later; from any thread. */
    void stop() {
        context.runOnContext(ignored -> {
            stopping = true;
            if (underway == 0) {
                end();
            } else {
                vertx.setTimer(PATIENCE, late -> cutOff());
            }
        });
    }

    private void pull() {
        pause = -1;
        if (!over) {
            stream.pages().next().subscribe().with(this::deliver, this::fail);
        }
    }

    private void deliver(EventPage page) {
        if (over) {
            return;
        }
        Runnable after =
                switch (page.after()) {
                    case AGAIN -> this::pull;
                    case WAIT -> this::waitForMore;
                    case END -> this::end;
                };
        if (page.text().isEmpty()) {
            after.run();
        } else {
            write(page.text(), after);
        }
    }

    private void waitForMore() {
        pause = vertx.setTimer(millis(settings.pollEvery()), ignored -> pull());
    }

    private void write(String text, Runnable whenSent) {
        underway++;
        silent = false;
        response.write(text.getBytes(StandardCharsets.UTF_8)).whenComplete((sent, failure) -> {
            underway--;
            if (over) {
                return;
            }
            if (failure != null) {
                gone();
            } else if (stopping) {
                end();
            } else {
                whenSent.run();
            }
        });
    }

    private void beat() {
        // While a page is on its way, a client that does not read needs no heartbeat, and one that reads has the page.
        if (silent && underway == 0) {
            write(stream.pages().heartbeat(), () -> {});
        }
        silent = true;
        tokens.isUsable(stream.caller())
                .subscribe()
                .with(this::endUnless, failure -> LOG.debugf(failure, "A token is looked at again later"));
    }

    private void endUnless(boolean usable) {
        if (!usable) {
            end();
        }
    }

    /** The database is away, perhaps: the client comes back, and learns more from the answer. */
    private void fail(Throwable failure) {
        LOG.debugf(failure, "A stream ends early");
        end();
    }

    private void end() {
        if (close()) {
            response.end();
            request.close();
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
        vertx.cancelTimer(heartbeat);
        vertx.cancelTimer(lifetime);
        vertx.cancelTimer(pause);
        whenOver.accept(this);
        return true;
    }

    /** Not by {@code close()} of the response or the connection: both wait until what was written has been taken. */
    private void cutOff() {
        if (!over) {
            gone();
            ((ConnectionBase) routing().request().connection()).channel().close();
        }
    }

    private RoutingContext routing() {
        return request.unwrap(RoutingContext.class);
    }

    private static long millis(Duration duration) {
        return Math.max(1, duration.toMillis());
    }
}
