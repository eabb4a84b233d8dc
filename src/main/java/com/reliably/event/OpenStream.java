package com.reliably.event;

import com.reliably.access.TokenService;
import com.reliably.answer.OpenAnswer;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;

/**
 * One stream on its way to one client: a page is read, written, and has left for the client's socket before the next
 * one is read.
 */
final class OpenStream {

    private static final Logger LOG = Logger.getLogger(OpenStream.class);

    /** How long, in milliseconds, a client waits before it comes back. */
    private static final String BEGINNING = "retry: 2000\n\n";

    /** How long, in milliseconds, a client may take for what is under way when the server stops. */
    private static final long PATIENCE = 1_000;

    private final EventStream stream;
    private final OpenAnswer open;
    private final Vertx vertx;
    private final EventSettings settings;
    private final TokenService tokens;
    private final Consumer<OpenStream> whenOver;

    private long heartbeat = -1;
    private long lifetime = -1;
    private long pause = -1;
    /** Pages and heartbeats on their way to the socket. */
    private int underway;

    private boolean silent = true;
    private boolean stopping;

    /** To be made on the request's context. */
    OpenStream(
            EventStream stream,
            ResteasyReactiveRequestContext request,
            Vertx vertx,
            EventSettings settings,
            Duration patience,
            TokenService tokens,
            Consumer<OpenStream> whenOver) {
        this.stream = stream;
        this.open = new OpenAnswer(request, patience, this::over);
        this.vertx = vertx;
        this.settings = settings;
        this.tokens = tokens;
        this.whenOver = whenOver;
    }

    void begin() {
        open.response().setChunked(true);
        heartbeat = vertx.setPeriodic(millis(settings.heartbeatEvery()), ignored -> beat());
        lifetime = vertx.setTimer(millis(settings.streamLifetime()), ignored -> open.end());
        if (open.isHeadOnly()) {
            open.end();
        } else {
            write(BEGINNING, this::pull);
        }
    }

    /** Ends the stream once what is under way has left, but not much later; from any thread. */
    void stop() {
        open.context().runOnContext(ignored -> {
            stopping = true;
            if (underway == 0) {
                open.end();
            } else {
                vertx.setTimer(PATIENCE, late -> open.cutOff());
            }
        });
    }

    private void pull() {
        pause = -1;
        if (!open.isOver()) {
            stream.pages().next().subscribe().with(this::deliver, this::fail);
        }
    }

    private void deliver(EventPage page) {
        if (open.isOver()) {
            return;
        }
        Runnable after =
                switch (page.after()) {
                    case AGAIN -> this::pull;
                    case WAIT -> this::waitForMore;
                    case END -> open::end;
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
        open.write(text.getBytes(StandardCharsets.UTF_8), () -> {
            underway--;
            if (stopping) {
                open.end();
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
            open.end();
        }
    }

    /** The database is away, perhaps: the client comes back, and learns more from the answer. */
    private void fail(Throwable failure) {
        LOG.debugf(failure, "A stream ends early");
        open.end();
    }

    private void over() {
        vertx.cancelTimer(heartbeat);
        vertx.cancelTimer(lifetime);
        vertx.cancelTimer(pause);
        whenOver.accept(this);
    }

    private static long millis(Duration duration) {
        return Math.max(1, duration.toMillis());
    }
}
