package com.reliably.runner.github.standin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.reliably.runner.github.standin.GitHubStandIn.Asked;
import com.reliably.runner.github.standin.GitHubStandIn.Trouble;
import com.reliably.runner.github.standin.StandInJobs.LogTrouble;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;

/** The stand-in's HTTP: what comes in and goes out is held to GitHub's description, and has the trouble that a test wants. */
final class StandInFront {

    private static final int LOOKED_AT = 5;
    private static final String LOGS = "/logs/";
    private static final byte[] BAD_GATEWAY = "<html>Bad gateway</html>".getBytes(StandardCharsets.UTF_8);

    private final GitHubDescription description;
    private final String prefix;
    private final List<String> faults;
    private final HttpServer server;
    private final ObjectMapper json = new ObjectMapper();
    private final List<Asked> asked = new CopyOnWriteArrayList<>();

    /** @param prefix of the API's paths */
    StandInFront(GitHubDescription description, String prefix, List<String> faults, Executor threads) {
        this.description = description;
        this.prefix = prefix;
        this.faults = faults;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
    }

    String origin() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    String apiUrl() {
        return origin() + prefix;
    }

    List<Asked> asked() {
        return asked;
    }

    /** Begins to answer. */
    void serve(GitHubStandIn parts, StandInRoutes routes) {
        server.createContext("/", exchange -> {
            if (exchange.getRequestURI().getPath().startsWith(LOGS)) {
                log(exchange, parts);
            } else {
                handle(exchange, parts, routes);
            }
        });
        server.start();
    }

    void close() {
        server.stop(0);
    }

    /** Logs are on a host of their own, as GitHub has it, which is no part of its API. */
    private void log(HttpExchange exchange, GitHubStandIn parts) throws IOException {
        if (exchange.getRequestHeaders().containsKey("Authorization")) {
            faults.add("the token was sent to where a log is");
        }
        int status = parts.jobs.logTrouble == LogTrouble.LOST ? 403 : 200;
        long job = Long.parseLong(exchange.getRequestURI().getPath().substring(LOGS.length()));
        send(exchange, status, parts.runs.logOf(job).getBytes(StandardCharsets.UTF_8));
    }

    private void handle(HttpExchange exchange, GitHubStandIn parts, StandInRoutes routes) throws IOException {
        byte[] bytes = exchange.getRequestBody().readAllBytes();
        StandInRequest request = new StandInRequest(
                exchange.getRequestMethod(),
                exchange.getRequestURI().getPath().substring(prefix.length()),
                query(exchange.getRequestURI().getRawQuery()),
                bytes.length == 0 ? null : json.readTree(bytes));
        Asked one = note(request);
        try {
            Trouble fate = parts.trouble.apply(one);
            switch (fate) {
                case REFUSED_BEFORE -> send(exchange, 502, BAD_GATEWAY);
                case FORBIDDEN -> send(exchange, 403, forbidden());
                case LOST_AFTER -> {
                    answer(exchange, request, one, parts, routes);
                    send(exchange, 502, BAD_GATEWAY);
                }
                case SILENT_AFTER -> {
                    answer(exchange, request, one, parts, routes);
                    exchange.close();
                }
                default -> {
                    StandInAnswer answer = answer(exchange, request, one, parts, routes);
                    answer.headers().forEach(exchange.getResponseHeaders()::set);
                    send(
                            exchange,
                            answer.status(),
                            answer.body() == null ? new byte[0] : json.writeValueAsBytes(answer.body()));
                }
            }
        } catch (RuntimeException e) {
            faults.add(one + ": " + e);
            send(exchange, 500, new byte[0]);
        }
    }

    private Asked note(StandInRequest request) {
        synchronized (asked) {
            Asked one = new Asked(asked.size() + 1, request.method(), request.path());
            asked.add(one);
            return one;
        }
    }

    private byte[] forbidden() throws IOException {
        return json.writeValueAsBytes(json.createObjectNode()
                .put("message", "Resource not accessible by personal access token")
                .put("documentation_url", "https://docs.github.com/rest"));
    }

    private StandInAnswer answer(
            HttpExchange exchange, StandInRequest request, Asked one, GitHubStandIn parts, StandInRoutes routes)
            throws IOException {
        description
                .faultsOfRequest(request.method(), request.path(), request.query(), request.body())
                .forEach(fault -> faults.add("request " + one + ": " + fault));
        String authorization = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
        Optional<StandInAnswer> refusal = parts.access.refusal(request.path(), authorization);
        StandInAnswer answer = refusal.isPresent() ? refusal.get() : routes.answer(request);
        description
                .faultsOfAnswer(request.method(), request.path(), answer.status(), beginning(answer.body()))
                .forEach(fault -> faults.add("answer to " + one + ": " + fault));
        return answer.status() == 200 && request.method().equals("GET")
                ? unlessKnown(answer, exchange.getRequestHeaders().getFirst("If-None-Match"), parts.access.scopes)
                : answer;
    }

    /** Of a page the first runs or jobs, which are made like all others: to look at a hundred of them takes its time. */
    private static JsonNode beginning(JsonNode body) {
        String of = body != null && body.has("jobs") ? "jobs" : "workflow_runs";
        if (body == null || body.path(of).size() <= LOOKED_AT) {
            return body;
        }
        ObjectNode beginning = body.deepCopy();
        ArrayNode all = (ArrayNode) beginning.get(of);
        while (all.size() > LOOKED_AT) {
            all.remove(all.size() - 1);
        }
        return beginning;
    }

    /** With its ETag, and without its body where that is what somebody has already. */
    private static StandInAnswer unlessKnown(StandInAnswer answer, String condition, String scopes) {
        String etag = "\"" + Sha1.of(answer.body().toString()) + "\"";
        Map<String, String> headers = Map.of(
                "ETag",
                etag,
                "github-authentication-token-expiration",
                "2027-01-01 00:00:00 UTC",
                "x-oauth-scopes",
                scopes);
        return etag.equals(condition)
                ? new StandInAnswer(304, null, headers)
                : new StandInAnswer(200, answer.body(), headers);
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.getResponseHeaders().putIfAbsent("Content-Type", List.of("application/json; charset=utf-8"));
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
        }
        exchange.close();
    }

    private static Map<String, String> query(String raw) {
        Map<String, String> query = new LinkedHashMap<>();
        if (raw != null) {
            for (String pair : raw.split("&")) {
                String[] parts = pair.split("=", 2);
                query.put(parts[0], URLDecoder.decode(parts.length > 1 ? parts[1] : "", StandardCharsets.UTF_8));
            }
        }
        return query;
    }
}
