package com.reliably.connection;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.reliably.testing.ApiTest;
import com.reliably.testing.OpenRequest;
import com.reliably.testing.Tenant;
import com.reliably.testing.Wire;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.StreamResetException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that go on sending or reading a byte now and then. Settings of their own give them three seconds for each step. */
@ApiTest
@TestProfile(SlowClientsTest.Impatient.class)
class SlowClientsTest {

    /** Not for other tests: some of them leave an answer unread for as long as they are at something else. */
    public static final class Impatient implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("reliably.connections.headers-timeout", "3s", "reliably.connections.answer-timeout", "3s");
        }
    }

    /** Of which an answer has one: large, but answered at once. */
    private static final int VALUE = 100_000;

    private static final int PIPELINED = 600;
    private static final Pattern ANSWERED = Pattern.compile(
            "(?m)^http_server_requests_seconds_count\\{.*environments/\\{env_id}\",?[^}]*} ([0-9.E]+)$");

    final Wire wire = new Wire();

    Tenant tenant;

    @BeforeEach
    void meet() {
        tenant = Tenant.create();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "G",
                "GET /q/health",
                "GET /q/health HTTP/1.1\r\n",
                "GET /q/health HTTP/1.1\r\nHost: localhost\r\nA: ",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0\0\0\377\1\4\0\0\0\1"
            })
    void aConnectionOnWhichHeadersDoNotComeToAnEndIsClosed(String begun) {
        try (OpenRequest quiet = new OpenRequest("");
                OpenRequest slow = new OpenRequest(begun).everyHalfSecond("x")) {
            assertThat(slow.untilClosed(), not(startsWith("HTTP/1.1 200")));
            // Who has not begun is waited for.
            quiet.write(health("Connection: close\r\n"));
            assertThat(quiet.untilClosed(), startsWith("HTTP/1.1 200"));
        }
    }

    @Test
    void soIsOneOnWhichThereWereRequestsBefore() {
        try (OpenRequest slow = new OpenRequest(health("") + health("") + health(""))) {
            slow.awaitText("}HTTP/1.1 200 ");
            slow.everyHalfSecond("x");
            assertThat(slow.untilClosed(), startsWith("HTTP/1.1 200 "));
        }
    }

    @Test
    void headersInManyPiecesAreTaken() {
        try (OpenRequest slow = new OpenRequest("")) {
            health("Connection: close\r\n").chars().forEach(c -> slow.write(Character.toString(c)));
            assertThat(slow.untilClosed(), startsWith("HTTP/1.1 200 "));
        }
    }

    @Test
    void whoDoesNotReadWhatItAsksForIsAnsweredALittleAndCutOff() throws IOException {
        String path = environment();
        double before = answered();
        try (Socket reader = reader()) {
            reader.getOutputStream().write(get(path).repeat(PIPELINED).getBytes(StandardCharsets.US_ASCII));
            awaitCutOff(reader);
        }
        // About so many as fit into the sockets' buffers, and no more in memory.
        assertThat(answered() - before, lessThan(PIPELINED / 4.0));
    }

    @Test
    void whoReadsALargeAnswerByteByByteIsCutOffAndLeavesNothingInMemory() throws IOException {
        String path = journal();
        try (Socket reader = reader()) {
            reader.getOutputStream().write(get(path).getBytes(StandardCharsets.US_ASCII));
            awaitCutOff(reader);
        }
        awaitNothingInMemory();
    }

    @Test
    void whoReadsInTimeGetsAllOfManyAnswers() throws IOException {
        String path = environment();
        try (OpenRequest reader = new OpenRequest(
                get(path).repeat(40) + get(path).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"))) {
            assertEquals(41, reader.untilClosed().split("HTTP/1.1 200 ", -1).length - 1);
        }
    }

    @Test
    void overHttp2AStreamThatIsNotReadIsReset() throws Exception {
        for (String path : List.of(environment(), journal())) {
            Vertx vertx = Vertx.vertx();
            try {
                CompletableFuture<Throwable> cut = new CompletableFuture<>();
                vertx.createHttpClient(new HttpClientOptions()
                                .setProtocolVersion(HttpVersion.HTTP_2)
                                .setHttp2ClearTextUpgrade(false))
                        .request(
                                HttpMethod.GET,
                                Wire.server().getPort(),
                                Wire.server().getHost(),
                                path)
                        .compose(request -> request.putHeader("Authorization", "Bearer " + tenant.token())
                                .send())
                        .onSuccess(answer -> leaveUnread(answer, cut))
                        .onFailure(cut::completeExceptionally);
                Throwable reset = cut.get(1, TimeUnit.MINUTES);
                assertEquals(StreamResetException.class, reset.getClass(), reset.toString());
            } finally {
                vertx.close().toCompletionStage().toCompletableFuture().join();
            }
        }
        awaitNothingInMemory();
    }

    private static void leaveUnread(HttpClientResponse answer, CompletableFuture<Throwable> cut) {
        answer.pause();
        answer.exceptionHandler(cut::complete);
    }

    private static void awaitNothingInMemory() {
        await().untilAsserted(() ->
                assertThat(given().get("/q/metrics").asString(), containsString("reliably_answers_memory_bytes 0.0")));
    }

    private static double answered() {
        Matcher counts = ANSWERED.matcher(given().get("/q/metrics").asString());
        return counts.results()
                .mapToDouble(count -> Double.parseDouble(count.group(1)))
                .sum();
    }

    private static Socket reader() throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(8 * 1024);
        socket.connect(
                new InetSocketAddress(Wire.server().getHost(), Wire.server().getPort()));
        return socket;
    }

    /** Goes on reading and sending a byte now and then. Who was cut off learns it from what it sends: TCP resets the connection. */
    private static void awaitCutOff(Socket reader) {
        await().until(() -> {
            try {
                reader.getOutputStream().write('G');
                return reader.getInputStream().read() < 0;
            } catch (IOException reset) {
                return true;
            }
        });
    }

    private String get(String path) {
        return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + tenant.token() + "\r\n\r\n";
    }

    private static String health(String header) {
        return "GET /q/health/live HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n";
    }

    private String environment() {
        String id = tenant.create(
                        "/environments",
                        Map.of(
                                "name",
                                "large",
                                "envvars",
                                List.of(Map.of("var_name", "A", "value", "a".repeat(VALUE))),
                                "secrets",
                                List.of()))
                .path("id");
        return "/api/v1/organization/" + tenant.id() + "/environments/" + id;
    }

    /** Larger than what sockets buffer. */
    private String journal() {
        String experiment = tenant.create(
                        "/experiments", Map.of("definition", Map.of("title", "large", "method", List.of())))
                .path("id");
        String execution = tenant.create(
                        "/experiments/" + experiment + "/executions",
                        Map.of("result", Map.of("output", "a".repeat(14_000_000))))
                .path("id");
        return "/api/v1/organization/" + tenant.id() + "/experiments/" + experiment + "/executions/" + execution
                + "/results";
    }
}
