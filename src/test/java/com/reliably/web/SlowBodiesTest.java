package com.reliably.web;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.reliably.testing.ApiTest;
import com.reliably.testing.ClearTextHttp2;
import com.reliably.testing.OpenRequest;
import com.reliably.testing.Tenant;
import com.reliably.testing.Wire;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bodies that do not come. The test's settings give each three seconds of grace. */
@ApiTest
class SlowBodiesTest {

    private static final String LARGE = "Content-Length: 15000000\r\n";
    private static final String CHUNKED = "Transfer-Encoding: chunked\r\n";

    Wire wire;
    Tenant hostile;
    Tenant ordinary;
    final List<OpenRequest> open = new ArrayList<>();

    @BeforeEach
    void meet() {
        wire = new Wire();
        hostile = Tenant.create();
        ordinary = Tenant.create();
    }

    @AfterEach
    void hangUp() {
        open.forEach(OpenRequest::close);
    }

    @Test
    void noneOfThemIsWaitedForAndEachIsAnsweredWith408() throws Exception {
        for (int i = 0; i < 40; i++) {
            open.add(request(hostile, LARGE).write("{"));
            open.add(request(hostile, CHUNKED).write("1\r\n{\r\n"));
        }
        OpenRequest trickling = request(hostile, LARGE).write("{").everyHalfSecond(" ");
        OpenRequest small = request(hostile, "Content-Length: 12\r\n").write("{");
        OpenRequest muchAtFirst = request(hostile, LARGE).write("{" + " ".repeat(500_000));
        open.addAll(List.of(trickling, small, muchAtFirst));
        try (ClearTextHttp2 http2 = new ClearTextHttp2(Wire.server())) {
            List<CompletableFuture<ClearTextHttp2.Answer>> slow = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                slow.add(http2.begin("POST", path(hostile), headers(hostile))
                        .write(new byte[] {'{'})
                        .answer());
            }
            // Large, of a length that is not said, and small: all by others, while the slow ones are waited for.
            String padding = " ".repeat(300_000);
            assertEquals(422, send(ordinary, "{\"definition\": 1}" + padding).status());
            assertEquals(
                    422,
                    wire.send(
                                    "POST",
                                    path(ordinary),
                                    headers(ordinary),
                                    java.net.http.HttpRequest.BodyPublishers.ofInputStream(
                                            () -> new java.io.ByteArrayInputStream(
                                                    "{\"name\": 1}  ".getBytes(StandardCharsets.UTF_8))))
                            .status());
            assertEquals(422, send(hostile, "{\"definition\": 1}" + padding).status());
            for (CompletableFuture<ClearTextHttp2.Answer> answer : slow) {
                ClearTextHttp2.Answer got = answer.get(1, TimeUnit.MINUTES);
                assertEquals(408, got.status(), got.body());
                assertThat(got.body(), containsString("RELIABLY_BODIES_MIN_RATE"));
            }
        }
        for (OpenRequest request : open) {
            assertThat(
                    request.untilClosed(),
                    allOf(
                            startsWith("HTTP/1.1 408 "),
                            containsString("application/problem+json"),
                            containsString("RELIABLY_BODIES_MIN_RATE")));
        }
    }

    @Test
    void aConnectionOnWhichStrangersGoOnSendingIsClosed() {
        for (String target : List.of(path(hostile), "/api/v1/nothing", "/nothing")) {
            OpenRequest stranger = new OpenRequest(
                            "POST " + target + " HTTP/1.1\r\nHost: localhost\r\n" + LARGE + "\r\n")
                    .everyHalfSecond(" ");
            open.add(stranger);
            assertThat(stranger.untilClosed(), startsWith("HTTP/1.1 4"));
        }
    }

    @Test
    void aBodyThatComesInManyPiecesInTimeIsTaken() {
        OpenRequest request = request(ordinary, CHUNKED + "Connection: close\r\n");
        open.add(request);
        String body = "{\"name\": \"in pieces\", \"definition\": {\"type\": \"noop\"}}" + " ".repeat(2000);
        for (char c : body.toCharArray()) {
            request.write("1;x=y\r\n" + c + "\r\n");
        }
        assertThat(request.write("0\r\n\r\n").untilClosed(), startsWith("HTTP/1.1 201 "));
    }

    @Test
    void whoAsksWhetherToSendIsToldToGoOn() {
        OpenRequest request = request(ordinary, "Content-Length: 53\r\nExpect: 100-continue\r\nConnection: close\r\n");
        open.add(request);
        request.awaitText("HTTP/1.1 100 ");
        request.write("{\"name\": \"expected\", \"definition\": {\"type\": \"noop\"}} ");
        assertThat(request.untilClosed(), startsWith("HTTP/1.1 201 "));
    }

    private Wire.Answer send(Tenant tenant, String body) {
        return wire.send("POST", path(tenant), headers(tenant), body.getBytes(StandardCharsets.UTF_8));
    }

    private static OpenRequest request(Tenant tenant, String headers) {
        return new OpenRequest("POST " + path(tenant) + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                + tenant.token() + "\r\nContent-Type: application/json\r\n" + headers + "\r\n");
    }

    private static String path(Tenant tenant) {
        return "/api/v1/organization/" + tenant.id() + "/deployments";
    }

    private static Map<String, String> headers(Tenant tenant) {
        return Map.of("Authorization", "Bearer " + tenant.token(), "Content-Type", "application/json");
    }
}
