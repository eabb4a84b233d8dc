package com.reliably.runner.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;

/** An HTTP server that goes away and comes back at the same port, and answers what a test wants. */
final class StandInServer implements AutoCloseable {

    /** Of longer bodies only the length is kept. */
    private static final int LONGEST_KEPT = 1 << 20;

    /** A request that it had. */
    record Had(String method, String path, String body, String key, String contentType) {

        String line() {
            return method + " " + path;
        }
    }

    /** What it does with a request; to return without an answer is to cut the connection. */
    interface Answers {
        void to(HttpExchange exchange, Had request) throws IOException;
    }

    private final List<Had> had = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final int port;
    private volatile Answers answers = (exchange, request) -> answer(exchange, 200, "null");
    private HttpServer server;

    private final SSLContext tls;

    StandInServer() throws IOException {
        this(null);
    }

    /** One that speaks TLS only, unless it is given null. */
    StandInServer(SSLContext tls) throws IOException {
        this.tls = tls;
        server = started(0);
        port = server.getAddress().getPort();
    }

    private HttpServer started(int at) throws IOException {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), at);
        HttpServer fresh = tls == null ? HttpServer.create(address, 64) : HttpsServer.create(address, 64);
        if (fresh instanceof HttpsServer secure) {
            secure.setHttpsConfigurator(new HttpsConfigurator(tls));
        }
        fresh.setExecutor(threads);
        fresh.createContext("/", this::handle);
        fresh.start();
        return fresh;
    }

    private void handle(HttpExchange exchange) throws IOException {
        Had request = new Had(
                exchange.getRequestMethod(),
                exchange.getRequestURI().toString(),
                text(exchange.getRequestBody().readAllBytes()),
                exchange.getRequestHeaders().getFirst("Idempotency-Key"),
                exchange.getRequestHeaders().getFirst("Content-Type"));
        if (!request.path().startsWith("/q/")) {
            had.add(request);
        }
        try (exchange) {
            answers.to(exchange, request);
        }
    }

    private static String text(byte[] body) {
        return body.length > LONGEST_KEPT ? body.length + " bytes" : new String(body, StandardCharsets.UTF_8);
    }

    static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    /** Says half of what it announced. */
    static void cutInTheMidst(HttpExchange exchange) throws IOException {
        exchange.sendResponseHeaders(200, 1000);
        exchange.getResponseBody().write("[1, 2".getBytes(StandardCharsets.UTF_8));
        exchange.getResponseBody().flush();
    }

    void answers(Answers wanted) {
        answers = wanted;
    }

    String url() {
        return (tls == null ? "http" : "https") + "://127.0.0.1:" + port;
    }

    int port() {
        return port;
    }

    List<Had> had() {
        return had;
    }

    List<String> lines() {
        return had.stream().map(Had::line).toList();
    }

    void goAway() {
        server.stop(0);
    }

    void comeBack() {
        for (int attempt = 0; ; attempt++) {
            try {
                server = started(port);
                return;
            } catch (BindException e) {
                // A connection of before may not be gone so far.
                if (attempt > 1000) {
                    throw new UncheckedIOException(e);
                }
                Thread.onSpinWait();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
