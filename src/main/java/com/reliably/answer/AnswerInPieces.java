package com.reliably.answer;

import io.vertx.core.http.HttpHeaders;
import java.time.Duration;
import java.util.Arrays;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;

/**
 * One large answer on its way to one client: a piece is read, written, and has left for the client's socket before the next one
 * is read.
 */
final class AnswerInPieces {

    private static final Logger LOG = Logger.getLogger(AnswerInPieces.class);

    private final LargeAnswer answer;
    private final OpenAnswer open;
    private final AnswerMemory memory;

    private boolean begun;

    /** To be made on the request's context. */
    AnswerInPieces(LargeAnswer answer, ResteasyReactiveRequestContext request, Duration patience, AnswerMemory memory) {
        this.answer = answer;
        this.open = new OpenAnswer(request, patience, () -> {});
        this.memory = memory;
    }

    void begin() {
        if (open.isHeadOnly()) {
            writeHead();
            open.end();
        } else if (answer.memory() == 0) {
            answer.pieces().next().subscribe().with(this::endWith, this::fail);
        } else {
            AnswerMemory.Turn turn = memory.turn(answer.orgId(), answer.memory());
            // Also where the client goes away while it waits.
            open.routing().addEndHandler(ignored -> memory.leave(turn));
            memory.enter(turn)
                    .emitOn(work -> open.context().runOnContext(ignored -> work.run()))
                    .subscribe()
                    .with(ignored -> pull(), this::fail);
        }
    }

    private void writeHead() {
        begun = true;
        if (answer.length() >= 0) {
            open.response().setResponseHeader(HttpHeaders.CONTENT_LENGTH, Long.toString(answer.length()));
        } else {
            open.response().setChunked(true);
        }
    }

    private void endWith(byte[] whole) {
        writeHead();
        open.end(whole);
    }

    private void pull() {
        if (!open.isOver()) {
            answer.pieces().next().subscribe().with(this::deliver, this::fail);
        }
    }

    private void deliver(byte[] piece) {
        if (open.isOver()) {
            return;
        }
        if (!begun) {
            writeHead();
        }
        if (piece == null) {
            open.end();
        } else {
            write(piece, 0);
        }
    }

    /** What comes in larger pieces than a client has to take at once is handed on in smaller ones. */
    private void write(byte[] piece, int from) {
        int to = Math.min(piece.length, from + Pieces.LARGEST);
        byte[] slice = from == 0 && to == piece.length ? piece : Arrays.copyOfRange(piece, from, to);
        open.write(slice, () -> {
            if (to < piece.length) {
                write(piece, to);
            } else {
                pull();
            }
        });
    }

    private void fail(Throwable failure) {
        if (begun) {
            LOG.debugf(failure, "An answer is cut off");
            open.cutOff();
        } else {
            open.fail(failure);
        }
    }
}
