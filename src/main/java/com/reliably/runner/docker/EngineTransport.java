package com.reliably.runner.docker;

import com.github.dockerjava.transport.DockerHttpClient;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import com.reliably.deployment.EngineAddress;
import com.reliably.outbound.OutboundClients;
import com.reliably.outbound.OutboundRules;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;

/**
 * docker-java's way to an engine, for answers that come soon and are read whole. Blocks; where its thread is interrupted it
 * gives up at the next byte at the latest.
 *
 * <p>A connection is used once. docker-java does not look whether one that it kept is still good, and an engine that was
 * restarted would make the next request fail that nobody may send twice, as is that which makes a container.
 */
final class EngineTransport implements DockerHttpClient {

    private static final Duration CONNECT_WITHIN = Duration.ofSeconds(10);
    /** Nothing that is read whole is anywhere near. */
    private static final int LARGEST_ANSWER = 8 << 20;

    private final DockerHttpClient client;
    private final EngineAddress address;
    private final OutboundClients outbound;
    private final boolean usesTls;

    private EngineTransport(DockerHttpClient client, EngineAddress address, OutboundClients outbound, boolean usesTls) {
        this.client = client;
        this.address = address;
        this.outbound = outbound;
        this.usesTls = usesTls;
    }

    /**
     * Connects to nothing yet.
     *
     * @param tls          how the engine's certificate, and its host's name, are checked; null for an engine without TLS
     * @param connections  how many there are at once
     * @param answerWithin without a byte; not seen to on sockets in the file system, which know no such thing
     */
    static EngineTransport to(
            EngineAddress address, OutboundClients outbound, SSLContext tls, int connections, Duration answerWithin) {
        return new EngineTransport(
                new ZerodepDockerHttpClient.Builder()
                        .dockerHost(uri(address, tls != null))
                        .sslConfig(tls == null ? null : () -> tls)
                        .maxConnections(connections)
                        .connectionTimeout(CONNECT_WITHIN)
                        .responseTimeout(answerWithin)
                        .build(),
                address,
                outbound,
                tls != null);
    }

    /**
     * docker-java connects by itself, and has no place for a look at the address: it is decided about right before, on what
     * Java's cache of names then still has (docs/adr/0024).
     */
    private void decide() throws IOException {
        if (!address.isLocal()) {
            outbound.isNearby(address.host(), address.port(usesTls), OutboundRules.ofOperator());
        }
    }

    static URI uri(EngineAddress address, boolean tls) {
        if (address.isLocal()) {
            return URI.create(address.text());
        }
        String host = address.host();
        return URI.create("tcp://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + address.port(tls));
    }

    @Override
    public Answer execute(Request request) {
        Request.Builder once = Request.builder();
        once.from(request).putHeader("Connection", "close");
        try {
            decide();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try (Response response = client.execute(once.build())) {
            return new Answer(response.getStatusCode(), response.getHeaders(), whole(response.getBody()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] whole(InputStream body) throws IOException {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        byte[] piece = new byte[8192];
        for (int length = body.read(piece); length >= 0; length = body.read(piece)) {
            read.write(piece, 0, length);
            if (read.size() > LARGEST_ANSWER) {
                throw new IOException("The answer is larger than " + LARGEST_ANSWER + " bytes");
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedIOException("given up");
            }
        }
        return read.toByteArray();
    }

    /** An answer that has been read. */
    record Answer(int status, Map<String, List<String>> headers, byte[] bytes) implements Response {

        @Override
        public int getStatusCode() {
            return status;
        }

        @Override
        public Map<String, List<String>> getHeaders() {
            return headers;
        }

        @Override
        public InputStream getBody() {
            return new ByteArrayInputStream(bytes);
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }

    @Override
    public void close() {
        try {
            client.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
