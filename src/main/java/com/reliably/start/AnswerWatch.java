package com.reliably.start;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.vertx.sqlclient.impl.command.CommandBase;
import io.vertx.sqlclient.impl.command.CommandResponse;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Closes a connection to the database whose answer is overdue, so that what waits for it fails. Sits between the client
 * and its codec, where every command goes out as one message and comes back as one. Used by its channel's thread only.
 *
 * <p>Closing begins at the far end of the pipeline: the codec turns a close into a goodbye to the server, and waits for
 * that one to hang up, which is just what a server does not do that nobody reaches.
 */
final class AnswerWatch extends ChannelDuplexHandler {

    private static final Logger LOG = Logger.getLogger(AnswerWatch.class);

    private final long patience;
    private int unanswered;
    private long movedAt;
    private boolean looking;

    AnswerWatch(Duration patience) {
        this.patience = patience.toNanos();
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) throws Exception {
        if (message instanceof CommandBase) {
            unanswered++;
            moved();
            if (!looking) {
                lookIn(context, patience);
            }
        }
        super.write(context, message, promise);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        if (message instanceof CommandResponse) {
            unanswered--;
            moved();
        }
        super.channelRead(context, message);
    }

    private void moved() {
        movedAt = System.nanoTime();
    }

    private void lookIn(ChannelHandlerContext context, long nanos) {
        looking = true;
        context.executor().schedule(() -> look(context), nanos, TimeUnit.NANOSECONDS);
    }

    private void look(ChannelHandlerContext context) {
        looking = false;
        if (unanswered <= 0 || !context.channel().isActive()) {
            return;
        }
        long waited = System.nanoTime() - movedAt;
        if (waited < patience) {
            lookIn(context, patience - waited);
        } else {
            LOG.warnf(
                    "The database has not answered for %d s; the connection is given up",
                    TimeUnit.NANOSECONDS.toSeconds(waited));
            context.pipeline().firstContext().close();
        }
    }
}
