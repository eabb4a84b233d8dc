package com.reliably.answer;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Arrays;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ServerHttpResponse;

/**
 * One large answer on its way to one client: a piece is read, written, and has left for the client's socket before the next one
 * is read. Everything happens on the request's Vert.x context, that is on one thread.
 */
final class AnswerInPieces {

    private static final Logger LOG = Logger.getLogger(AnswerInPieces.class);

    /** How long a client may take for a piece: that is two kilobytes a second. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final LargeAnswer answer;
    private final ResteasyReactiveRequestContext request;
    private final ServerHttpResponse response;
    private final RoutingContext routing;
    private final Vertx vertx;
    private final Context context;
    private final AnswerMemory memory;

    private long timer = -1;
    private boolean begun;
    private boolean over;

    AnswerInPieces(LargeAnswer answer, ResteasyReactiveRequestContext request, AnswerMemory memory) {
        this.answer = answer;
        this.request = request;
        this.response = request.serverResponse();
        this.routing = request.unwrap(RoutingContext.class);
        this.vertx = routing.vertx();
        this.context = vertx.getOrCreateContext();
        this.memory = memory;
    }

    /** To be called on the request's context. */
    void begin() {
        request.suspend();
        if (routing.request().method() == HttpMethod.HEAD) {
            writeHead();
            end();
        } else if (answer.memory() == 0) {
            answer.pieces().next().subscribe().with(this::endWith, this::fail);
        } else {
            response.addCloseHandler(this::gone);
            AnswerMemory.Turn turn = memory.turn(answer.orgId(), answer.memory());
            // Also where the client goes away while it waits.
            routing.addEndHandler(ignored -> memory.leave(turn));
            memory.enter(turn)
                    .emitOn(work -> context.runOnContext(ignored -> work.run()))
                    .subscribe()
                    .with(ignored -> pull(), this::fail);
        }
    }

    private void writeHead() {
        begun = true;
        if (answer.length() >= 0) {
            response.setResponseHeader(HttpHeaders.CONTENT_LENGTH, Long.toString(answer.length()));
        } else {
            response.setChunked(true);
        }
    }

    private void endWith(byte[] whole) {
        writeHead();
        if (close()) {
            response.end(whole);
            request.close();
        }
    }

    private void pull() {
        if (!over) {
            answer.pieces().next().subscribe().with(this::deliver, this::fail);
        }
    }

    private void deliver(byte[] piece) {
        if (over) {
            return;
        }
        if (!begun) {
            writeHead();
        }
        if (piece == null) {
            end();
            return;
        }
        write(piece, 0);
    }

    /** What comes in larger pieces than a client has to take at once is handed on in smaller ones. */
    private void write(byte[] piece, int from) {
        if (over) {
            return;
        }
        int to = Math.min(piece.length, from + Pieces.LARGEST);
        timer = vertx.setTimer(PATIENCE.toMillis(), ignored -> cutOff());
        byte[] slice = from == 0 && to == piece.length ? piece : Arrays.copyOfRange(piece, from, to);
        response.write(slice).whenComplete((sent, failure) -> {
            vertx.cancelTimer(timer);
            if (failure != null) {
                gone();
            } else if (to < piece.length) {
                write(piece, to);
            } else {
                pull();
            }
        });
    }

    private void fail(Throwable failure) {
        if (over) {
            return;
        }
        if (begun) {
            LOG.debugf(failure, "An answer is cut off");
            cutOff();
        } else if (close()) {
            request.resume(failure);
        }
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
        vertx.cancelTimer(timer);
        return true;
    }

    /** In HTTP/1 not by {@code close()} or {@code reset()}: they wait until what was written has been taken. */
    private void cutOff() {
        gone();
        if (routing.request().version() == HttpVersion.HTTP_2) {
            routing.response().reset();
        } else {
            ((ConnectionBase) routing.request().connection()).channel().close();
        }
    }
}
