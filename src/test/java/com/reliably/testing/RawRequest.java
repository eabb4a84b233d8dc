package com.reliably.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** A request written byte by byte, for what no HTTP client would send. */
public final class RawRequest {

    private static final int PATIENCE = 60_000;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** Text, one byte a character. */
    public RawRequest write(String text) {
        bytes.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    /**
     * Sends it, and reads until the server closes the connection.
     *
     * @return what came, headers included, one character a byte
     * @throws IllegalStateException where the connection stays open for a minute
     */
    public String send() {
        URI server = Wire.server();
        try (Socket socket = new Socket(server.getHost(), server.getPort())) {
            socket.setSoTimeout(PATIENCE);
            OutputStream out = socket.getOutputStream();
            out.write(bytes.toByteArray());
            out.flush();
            InputStream in = socket.getInputStream();
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
