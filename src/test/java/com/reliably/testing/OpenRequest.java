package com.reliably.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A request on a connection of its own that is written as slowly as the test likes. */
public final class OpenRequest implements AutoCloseable {

    private static final int PATIENCE = 60_000;

    private final Socket socket;
    private final ByteArrayOutputStream answer = new ByteArrayOutputStream();
    private ScheduledExecutorService writer;

    /** Connects to the server under test, and sends this, one byte a character. */
    public OpenRequest(String head) {
        this(Wire.server(), head);
    }

    /** The same with another server. */
    public OpenRequest(URI server, String head) {
        try {
            socket = new Socket(server.getHost(), server.getPort());
            socket.setSoTimeout(PATIENCE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        write(head);
    }

    /** Sends more. That the server has hung up meanwhile is seen when its answer is read. */
    public OpenRequest write(String text) {
        try {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        } catch (IOException gone) {
            // It may have said why before.
        }
        return this;
    }

    /** Sends this again and again, until it is closed. */
    public OpenRequest everyHalfSecond(String text) {
        writer = Executors.newSingleThreadScheduledExecutor();
        writer.scheduleAtFixedRate(() -> write(text), 0, 500, TimeUnit.MILLISECONDS);
        return this;
    }

    /**
     * Reads until the server closes the connection.
     *
     * @throws UncheckedIOException where nothing comes for a minute
     */
    public String untilClosed() {
        try {
            socket.getInputStream().transferTo(answer);
        } catch (java.net.SocketTimeoutException e) {
            throw new UncheckedIOException("the connection stays open; so far came: " + answer, e);
        } catch (IOException reset) {
            // What came before is what counts.
        }
        return answer.toString(StandardCharsets.ISO_8859_1);
    }

    /** Reads until this has come. */
    public void awaitText(String text) {
        try {
            InputStream in = socket.getInputStream();
            while (!answer.toString(StandardCharsets.ISO_8859_1).contains(text)) {
                int b = in.read();
                if (b < 0) {
                    throw new IllegalStateException("closed; what came: " + answer);
                }
                answer.write(b);
            }
            if (text.startsWith("HTTP/1.1 100")) {
                // The rest of the interim answer.
                while (!answer.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
                    answer.write(in.read());
                }
                answer.reset();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("so far came: " + answer, e);
        }
    }

    @Override
    public void close() {
        if (writer != null) {
            writer.shutdownNow();
        }
        try {
            socket.close();
        } catch (IOException ignored) {
            // It is gone anyway.
        }
    }
}
