package com.reliably.connection;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.FileRegion;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Closes a connection on which the headers of a request do not come to an end, and one whose client does not read what it is
 * sent. It is the first on the connection and sees bytes, encrypted perhaps; {@link GuardedRequests} tells it of requests. Used by
 * the connection's event loop only.
 *
 * <p>Times are those of a monotonic clock. A connection is closed at the second look that finds it too slow: a process that stood
 * still finds its timers due before it reads what came meanwhile.
 */
final class ConnectionGuard extends ChannelDuplexHandler {

    /** What a client has to read of an answer in each timeout, in bytes; all of it where less is left. */
    static final int LEAST_READ = 64 * 1024;

    private static final Logger LOG = Logger.getLogger(ConnectionGuard.class);

    private static final Duration SECOND_LOOK = Duration.ofMillis(500);

    /** After its last request, an HTTP/2 connection lives on by pings and the like: for as long as an idle one may. */
    private static final int LONGER_FOR_HTTP2 = 4;

    private final ConnectionSettings settings;
    private final Queue<Runnable> waiting = new ArrayDeque<>();

    private ChannelHandlerContext context;
    private int requests;

    private boolean headersBegan;
    private long headersSince;
    private boolean looksForHeaders;
    private boolean headersSuspect;

    private long written;
    private boolean looksForReading;
    private boolean readingSuspect;

    ConnectionGuard(ConnectionSettings settings) {
        this.settings = settings;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    /** The headers of a request have come. */
    void requestBegan() {
        requests++;
        headersBegan = false;
        headersSuspect = false;
    }

    /** A request has been answered. */
    void requestEnded() {
        requests--;
    }

    /** Whether the client has read enough of the answers before. */
    boolean isWritable() {
        return context.channel().isWritable();
    }

    /** Does it once the client has; never where the connection is closed before that. */
    void whenWritable(Runnable work) {
        waiting.add(work);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ignored) {
        context.fireChannelWritabilityChanged();
        while (isWritable() && !waiting.isEmpty()) {
            waiting.remove().run();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ignored, Object message) {
        if (requests == 0 && !headersBegan) {
            headersBegan = true;
            headersSince = System.nanoTime();
            if (!looksForHeaders) {
                lookForHeadersIn(headersTimeout());
            }
        }
        context.fireChannelRead(message);
    }

    private long headersTimeout() {
        long timeout = settings.headersTimeout().toNanos();
        return http2() == null ? timeout : LONGER_FOR_HTTP2 * timeout;
    }

    /** Whether there are requests, or answers that have been made and wait for their client. */
    private boolean isBusy() {
        Http2ConnectionHandler http2 = http2();
        return requests > 0 || http2 != null && http2.connection().numActiveStreams() > 0;
    }

    private Http2ConnectionHandler http2() {
        return context.pipeline().get(Http2ConnectionHandler.class);
    }

    private void lookForHeadersIn(long nanos) {
        looksForHeaders = true;
        context.executor().schedule(this::lookForHeaders, nanos, TimeUnit.NANOSECONDS);
    }

    private void lookForHeaders() {
        looksForHeaders = false;
        if (!headersBegan || !context.channel().isActive()) {
            return;
        }
        if (isBusy()) {
            headersBegan = false;
            headersSuspect = false;
            return;
        }
        long left = headersTimeout() - (System.nanoTime() - headersSince);
        if (left > 0) {
            lookForHeadersIn(left);
        } else if (headersSuspect) {
            close("the headers of a request do not come to an end");
        } else {
            headersSuspect = true;
            lookForHeadersIn(SECOND_LOOK.toNanos());
        }
    }

    @Override
    public void write(ChannelHandlerContext ignored, Object message, ChannelPromise promise) {
        if (message instanceof ByteBuf bytes) {
            written += bytes.readableBytes();
        } else if (message instanceof FileRegion file) {
            written += file.count();
        }
        context.write(message, promise);
    }

    @Override
    public void flush(ChannelHandlerContext ignored) {
        context.flush();
        if (!looksForReading && pending() > 0) {
            lookForReadingIn(settings.answerTimeout(), pending(), left());
        }
    }

    /** What the socket has not taken yet, in bytes. */
    private long pending() {
        ChannelOutboundBuffer buffer = context.channel().unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }

    /** What the socket has taken, in bytes, from some point on. */
    private long left() {
        ChannelOutboundBuffer buffer = context.channel().unsafe().outboundBuffer();
        return buffer == null ? written : written - buffer.totalPendingWriteBytes() + buffer.currentProgress();
    }

    private void lookForReadingIn(Duration time, long pendingThen, long leftThen) {
        looksForReading = true;
        context.executor().schedule(() -> lookForReading(pendingThen, leftThen), time.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void lookForReading(long pendingThen, long leftThen) {
        looksForReading = false;
        if (!context.channel().isActive() || pending() == 0) {
            readingSuspect = false;
        } else if (left() - leftThen >= Math.min(LEAST_READ, pendingThen)) {
            readingSuspect = false;
            lookForReadingIn(settings.answerTimeout(), pending(), left());
        } else if (readingSuspect) {
            close("its client does not read an answer");
        } else {
            readingSuspect = true;
            lookForReadingIn(SECOND_LOOK, pendingThen, leftThen);
        }
    }

    private void close(String reason) {
        LOG.debugf("A connection is closed: %s", reason);
        waiting.clear();
        context.close();
    }
}
