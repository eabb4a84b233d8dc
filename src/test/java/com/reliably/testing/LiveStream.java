package com.reliably.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A reader of server-sent events on a bare socket, as the HTML standard says they are to be read: an event that was cut
 * off counts for nothing. It reads only when it is asked to, so that a test decides how fast it is.
 */
public final class LiveStream implements AutoCloseable {

    private static final int PATIENCE = 60_000;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Socket socket;
    private final InputStream in;
    private final int status;
    private final String head;
    private final boolean chunked;
    private long leftOfChunk;
    private boolean atEnd;
    private String lastEventId;

    /** An event; {@code name} is {@code message} where it has none. */
    public record Event(String id, String name, String data) {

        /** The data as JSON. */
        public JsonNode json() {
            try {
                return JSON.readTree(data);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private LiveStream(URI server, String target, String token, String lastEventId) {
        this.lastEventId = lastEventId;
        try {
            socket = new Socket();
            // A small window: what the server has sent and nobody has read is then the server's to keep.
            socket.setReceiveBufferSize(16 * 1024);
            socket.setSoTimeout(PATIENCE);
            socket.connect(new java.net.InetSocketAddress(server.getHost(), server.getPort()));
            String request = "GET " + target + " HTTP/1.1\r\nHost: test\r\nAccept: text/event-stream\r\n"
                    + "Authorization: Bearer " + token + "\r\n"
                    + (lastEventId == null ? "" : "Last-Event-ID: " + lastEventId + "\r\n")
                    + "\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            in = new BufferedInputStream(socket.getInputStream(), 1024);
            String statusLine = rawLine();
            status = Integer.parseInt(statusLine.split(" ")[1]);
            StringBuilder headers = new StringBuilder();
            for (String line = rawLine(); !line.isEmpty(); line = rawLine()) {
                headers.append(line).append('\n');
            }
            head = headers.toString();
            chunked = head.toLowerCase(Locale.ROOT).contains("transfer-encoding: chunked");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Follows from the beginning. */
    public static LiveStream open(Tenant tenant, String path) {
        return open(tenant.token(), "/api/v1/organization/" + tenant.id() + path, null);
    }

    /** Follows from after an event; null for the beginning. */
    public static LiveStream resume(Tenant tenant, String path, String lastEventId) {
        return open(tenant.token(), "/api/v1/organization/" + tenant.id() + path, lastEventId);
    }

    /** Any stream of the server under test. */
    public static LiveStream open(String token, String target, String lastEventId) {
        return open(Wire.server(), token, target, lastEventId);
    }

    /** Any stream of any server. */
    public static LiveStream open(URI server, String token, String target, String lastEventId) {
        return new LiveStream(server, target, token, lastEventId);
    }

    /** The status of the answer. */
    public int status() {
        return status;
    }

    /** The headers of the answer, a line each. */
    public String head() {
        return head;
    }

    /** Where to resume: the id that was seen last, of an event or by itself. */
    public String lastEventId() {
        return lastEventId;
    }

    /** The body of an answer that is not a stream, of a declared length. */
    public String body() {
        try {
            String length = head.toLowerCase(Locale.ROOT).replaceAll("(?s).*content-length: *(\\d+).*", "$1");
            return new String(in.readNBytes(Integer.parseInt(length)), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The next event; null where the stream has ended.
     *
     * @throws UncheckedIOException where none comes for a minute
     */
    public Event next() {
        String name = "message";
        List<String> data = new ArrayList<>();
        for (String line = line(); line != null; line = line()) {
            if (line.isEmpty()) {
                if (!data.isEmpty()) {
                    return new Event(lastEventId, name, String.join("\n", data));
                }
                name = "message";
            } else {
                int colon = line.indexOf(':');
                String field = colon < 0 ? line : line.substring(0, colon);
                String value = colon < 0 ? "" : line.substring(colon + 1).replaceFirst("^ ", "");
                switch (field) {
                    case "id" -> lastEventId = value;
                    case "event" -> name = value;
                    case "data" -> data.add(value);
                    default -> {}
                }
            }
        }
        return null;
    }

    /** Reads on until the stream says where it can be resumed; not to be used in the middle of an event. */
    public String awaitPlace() {
        for (String line = line(); line != null; line = line()) {
            if (line.startsWith("id: ")) {
                lastEventId = line.substring("id: ".length());
                line();
                return lastEventId;
            }
        }
        throw new IllegalStateException("the stream has ended");
    }

    /** The next line as it is, comments included; null where the stream has ended. */
    public String line() {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try {
            for (int b = read(); b >= 0; b = read()) {
                if (b == '\n') {
                    return line.toString(StandardCharsets.UTF_8);
                }
                line.write(b);
            }
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Goes away without a word. */
    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int read() throws IOException {
        if (!chunked) {
            return in.read();
        }
        if (atEnd) {
            return -1;
        }
        if (leftOfChunk == 0) {
            String size = rawLine();
            if (size.isEmpty()) {
                size = rawLine();
            }
            leftOfChunk = Long.parseLong(size, 16);
            if (leftOfChunk == 0) {
                atEnd = true;
                return -1;
            }
        }
        leftOfChunk--;
        int b = in.read();
        if (b < 0) {
            throw new EOFException("cut off in the middle");
        }
        return b;
    }

    private String rawLine() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("cut off in the middle");
            }
            if (b != '\r') {
                line.append((char) b);
            }
        }
        return line.toString();
    }
}
