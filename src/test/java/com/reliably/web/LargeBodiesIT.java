package com.reliably.web;

import static io.restassured.RestAssured.given;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.oneOf;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.reliably.testing.ClearTextHttp2;
import com.reliably.testing.OpenRequest;
import com.reliably.testing.ServerProcess;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many of the largest requests at once, on the heap that the start script gives. */
class LargeBodiesIT {

    private static final String ORDINARY_REPORT =
            "{\"result\": \"{\\\"status\\\": \\\"completed\\\"}\", \"log\": \"" + "a".repeat(100_000) + "\"}";

    private static final Duration PROMPTLY = Duration.ofSeconds(20);

    @TempDir
    static Path directory;

    static LargeReports reports;
    static ServerProcess server;

    @BeforeAll
    static void start() {
        reports = new LargeReports(directory);
        server = reports.server();
    }

    @AfterAll
    static void stop() {
        reports.close();
    }

    @Test
    void theyAreAnsweredOneAfterTheOtherAndTheServerLives() {
        assertEquals(
                List.of(401), reports.send(LargeReports.LARGEST, "a-token-that-does-not-exist", LargeReports.AT_ONCE));
        assertEquals(List.of(200), reports.send(LargeReports.LARGEST, server.token(), LargeReports.AT_ONCE));
        server.request()
                .get(reports.executions())
                .then()
                .statusCode(200)
                .body("items[0].result.status", equalTo("completed"));
        assertThat(server.log(), not(containsString("OutOfMemory")));
    }

    @Test
    void thoseOfAnotherOrganizationThatDoNotComeKeepNobodyWaiting() {
        Response hostile = given().baseUri(server.url())
                .auth()
                .oauth2(server.token())
                .contentType(ContentType.JSON)
                .body(Map.of("name", "hostile"))
                .post("/api/v1/organization");
        String preview = "/api/v1/organization/" + hostile.path("id") + "/plans/schedule/preview";
        String token = hostile.path("token.token");
        String head = "POST " + preview + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token
                + "\r\nContent-Type: application/json\r\nContent-Length: 15000000\r\n\r\n{";
        List<OpenRequest> slow = new ArrayList<>();
        try (ClearTextHttp2 http2 = new ClearTextHttp2(URI.create(server.url()))) {
            for (int i = 0; i < 64; i++) {
                slow.add(new OpenRequest(URI.create(server.url()), head).everyHalfSecond(" ".repeat(i * 1000)));
            }
            List<ClearTextHttp2.Exchange> ofNoLength = IntStream.range(0, 30)
                    .mapToObj(ignored -> http2.begin(
                            "POST",
                            preview,
                            Map.of("Authorization", "Bearer " + token, "Content-Type", "application/json")))
                    .toList();
            byte[] piece = " ".repeat(500_000).getBytes(StandardCharsets.US_ASCII);
            ofNoLength.forEach(exchange -> {
                for (int i = 0; i < 30; i++) {
                    exchange.write(piece);
                }
            });
            for (int round = 0; round < 3; round++) {
                long began = System.nanoTime();
                assertEquals(List.of(200), reports.send(ORDINARY_REPORT, server.token(), 32));
                assertThat(Duration.ofNanos(System.nanoTime() - began), lessThan(PROMPTLY));
            }
            ofNoLength.forEach(ClearTextHttp2.Exchange::end);
            for (ClearTextHttp2.Exchange exchange : ofNoLength) {
                assertThat(exchange.answer().join().status(), is(oneOf(408, 422, 503)));
            }
        } finally {
            slow.forEach(OpenRequest::close);
        }
        assertThat(server.log(), not(containsString("OutOfMemory")));
    }
}
