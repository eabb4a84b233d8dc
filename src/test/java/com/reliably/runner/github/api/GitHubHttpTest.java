package com.reliably.runner.github.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.outbound.TestOutbound;
import com.reliably.testing.OnEveryJdk;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@OnEveryJdk
class GitHubHttpTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final List<String> conditions = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private GitHubHttp http;
    private Handler handler;

    private interface Handler {
        void handle(HttpExchange exchange) throws IOException;
    }

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        server.setExecutor(Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "half-a-github");
            thread.setDaemon(true);
            return thread;
        }));
        server.createContext("/", exchange -> {
            conditions.add(String.valueOf(exchange.getRequestHeaders().getFirst("If-None-Match")));
            handler.handle(exchange);
        });
        server.start();
        http = answeredWithin(PATIENCE);
    }

    private static GitHubHttp answeredWithin(Duration time) {
        GitHubApiSettings settings = new SmallRyeConfigBuilder()
                .withMapping(GitHubApiSettings.class)
                .withMappingIgnore("reliably.**")
                .withDefaultValue("reliably.github.answers-within", time.toString())
                .build()
                .getConfigMapping(GitHubApiSettings.class);
        return new GitHubHttp(
                settings,
                new RateLimits(Clock.systemUTC()),
                new ObjectMapper(),
                TestOutbound.vertx(),
                TestOutbound.usual().clients());
    }

    @AfterEach
    void stop() {
        http.stop();
        server.stop(0);
    }

    private GitHubHttp.Request get(String caller, String token) {
        URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/repos/acme/chaos");
        return new GitHubHttp.Request(caller, "GET", uri, Map.of("Authorization", "Bearer " + token), null);
    }

    private static void answer(HttpExchange exchange, int status, String body) {
        try {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            if (bytes.length > 0) {
                exchange.getResponseBody().write(bytes);
            }
            exchange.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aBodyThatStopsComingIsGivenUp() {
        http.stop();
        http = answeredWithin(Duration.ofSeconds(1));
        handler = exchange -> {
            exchange.sendResponseHeaders(200, 100);
            exchange.getResponseBody().write("{\"half\":".getBytes(StandardCharsets.UTF_8));
            exchange.getResponseBody().flush();
        };
        GitHubFault.Unheard fault = assertTimeoutPreemptively(
                PATIENCE, () -> assertThrows(GitHubFault.Unheard.class, () -> http.send(get("one", "t"))));
        assertTrue(fault.getMessage().contains("nothing came within 1 s"), fault.getMessage());
    }

    @Test
    void anAnswerThatGitHubConfirmsIsUsedAgain() throws Exception {
        handler = exchange -> {
            exchange.getResponseHeaders().set("ETag", "\"1\"");
            boolean same = "\"1\"".equals(exchange.getRequestHeaders().getFirst("If-None-Match"));
            exchange.getResponseHeaders().set("x-oauth-scopes", same ? "repo, workflow" : "repo");
            answer(exchange, same ? 304 : 200, same ? "" : "{\"name\":\"chaos\"}");
        };
        assertEquals("{\"name\":\"chaos\"}", http.send(get("one", "t")).text());
        GitHubAnswer again = http.send(get("one", "t"));
        assertEquals(200, again.status());
        assertEquals("{\"name\":\"chaos\"}", again.text());
        assertEquals("repo, workflow", again.header("x-oauth-scopes").orElseThrow());
        // With other credentials GitHub may show something else.
        http.send(get("other", "u"));
        assertEquals(List.of("null", "\"1\"", "null"), conditions);
    }

    @Test
    void whatHasChangedReplacesWhatWasKnown() throws Exception {
        handler = exchange -> {
            int number = conditions.size();
            exchange.getResponseHeaders().set("ETag", "\"" + number + "\"");
            answer(exchange, 200, "{\"number\":" + number + "}");
        };
        assertEquals("{\"number\":1}", http.send(get("one", "t")).text());
        assertEquals("{\"number\":2}", http.send(get("one", "t")).text());
        http.send(get("one", "t"));
        assertEquals(List.of("null", "\"1\"", "\"2\""), conditions);
    }

    @Test
    void aTokenThatNoHeaderCanCarryIsNotQuoted() {
        GitHubFault.Refused fault =
                assertThrows(GitHubFault.Refused.class, () -> http.send(get("one", "ghp_planted\nsecret")));
        assertFalse(fault.getMessage().contains("planted"), fault.getMessage());
        assertEquals(null, fault.getCause());
        assertEquals(List.of(), conditions);
    }

    @Test
    void aLogIsFetchedFromNowhereThatIsNotAllowed() {
        for (String location :
                List.of("https://169.254.169.254/latest/meta-data", "http://localhost:1/", "file:///x")) {
            handler = exchange -> {
                exchange.getResponseHeaders().set("Location", location);
                answer(exchange, 302, "");
            };
            assertThrows(GitHubFault.Refused.class, () -> http.fetchRedirected(get("one", "t"), 100), location);
        }
    }

    @Test
    void aLogIsCutWhereItIsTooLong() throws Exception {
        handler = exchange -> {
            if (exchange.getRequestURI().getPath().startsWith("/log")) {
                answer(exchange, 200, "x".repeat(100_000));
            } else {
                exchange.getResponseHeaders().set("Location", "/log");
                answer(exchange, 302, "");
            }
        };
        assertEquals(70_000, http.fetchRedirected(get("one", "t"), 70_000).length);
    }
}
