package com.reliably.run;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.reliably.testing.ApiTest;
import com.reliably.testing.LiveStream;
import com.reliably.testing.Tenant;
import com.reliably.testing.TestRuns;
import io.restassured.http.ContentType;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The log of a run, followed while it is written. */
@ApiTest
class RunLogStreamTest {

    @Inject
    DataSource database;

    final Random random = new Random(20261123);
    Tenant tenant;
    TestRuns runs;
    UUID run;
    String log;

    @BeforeEach
    void newRun() {
        tenant = Tenant.create();
        runs = new TestRuns(database, tenant);
        run = runs.running();
        log = "/runs/" + run + "/log";
    }

    @Test
    void textStaysTheDefault() {
        runs.print(run, 0, "one\ntwo\n");
        for (String accept : List.of("*/*", "text/plain", "text/*", "text/plain, text/event-stream;q=0.9")) {
            tenant.request()
                    .accept(accept)
                    .get(log)
                    .then()
                    .statusCode(200)
                    .header("Content-Type", "text/plain; charset=utf-8")
                    .body(equalTo("one\ntwo\n"));
        }
        tenant.request().accept(ContentType.JSON).get(log).then().statusCode(406);
    }

    @Test
    void linesComeAsTheyAreWrittenAndThenTheEnd() {
        try (LiveStream stream = LiveStream.open(tenant, log)) {
            assertEquals(200, stream.status());
            assertThat(stream.head(), containsString("cache-control: no-store"));
            runs.print(run, 0, "first\n\n");
            assertEquals(new LiveStream.Event("0-6", "message", "first"), stream.next());
            assertEquals("", stream.next().data());
            runs.print(run, 7, "zwei Wörter 💥\r\nthree\rwithout an end");
            assertEquals("zwei Wörter 💥", stream.next().data());
            runs.end(run, "failed", 2, "It \"broke\".");
            assertEquals("three\nwithout an end", stream.next().data());
            LiveStream.Event end = stream.next();
            assertEquals("end", end.name());
            assertThat(end.json().path("state").textValue(), equalTo("failed"));
            assertThat(end.json().path("exit_code").intValue(), equalTo(2));
            assertThat(end.json().path("error").textValue(), equalTo("It \"broke\"."));
            assertNull(stream.next());
            try (LiveStream again = LiveStream.resume(tenant, log, end.id())) {
                assertEquals(204, again.status());
            }
        }
    }

    @Test
    void aClientThatIsCutOffAgainAndAgainMissesNothingAndGetsNothingTwice() throws Exception {
        List<String> pieces = pieces(400_000);
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
            long at = 0;
            for (String piece : pieces) {
                runs.print(run, at, piece);
                at += piece.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
            }
            runs.end(run, "succeeded", 0, null);
        });
        StringBuilder got = new StringBuilder();
        String lastEventId = null;
        int cuts = 0;
        boolean ended = false;
        while (!ended) {
            try (LiveStream stream = LiveStream.resume(tenant, log, lastEventId)) {
                assertEquals(200, stream.status());
                int patience = random.nextInt(400);
                for (int read = 0; read <= patience && !ended; read++) {
                    LiveStream.Event event = stream.next();
                    lastEventId = event.id();
                    ended = event.name().equals("end");
                    if (!ended) {
                        got.append(event.data()).append(event.name().equals("part") ? "" : "\n");
                    }
                }
                // In the middle of an event, as often as not: what was read of it counts for nothing.
                if (!ended && random.nextBoolean()) {
                    stream.line();
                }
                cuts++;
            }
        }
        writer.get();
        assertThat(cuts, greaterThan(10));
        assertEquals(String.join("", pieces), got.toString());
        assertEquals(
                got.toString(), tenant.request().accept("text/plain").get(log).asString());
    }

    /** Whole lines, and among them one that is longer than anything, in pieces of its own. */
    private List<String> pieces(int size) {
        List<String> pieces = new ArrayList<>();
        int length = 0;
        while (length < size) {
            StringBuilder piece = new StringBuilder();
            int lines = 1 + random.nextInt(random.nextInt(20) == 0 ? 500 : 5);
            for (int i = 0; i < lines; i++) {
                piece.append("ä")
                        .append(length)
                        .append(" x".repeat(random.nextInt(60)))
                        .append('\n');
            }
            pieces.add(piece.toString());
            length += piece.length();
            if (pieces.size() == 20) {
                for (int i = 0; i < 5; i++) {
                    pieces.add("é".repeat(32 * 1024));
                }
                pieces.add("the end of a long line\n");
            }
        }
        return pieces;
    }

    @Test
    void aReaderWhoStopsReadingHoldsNothingUp() {
        String line = "x".repeat(99) + "\n";
        for (int piece = 0; piece < 160; piece++) {
            runs.print(run, piece * 65_500L, line.repeat(655));
        }
        runs.end(run, "succeeded", 0, null);
        List<LiveStream> lazy = new ArrayList<>();
        try {
            for (int i = 0; i < 30; i++) {
                LiveStream stream = LiveStream.open(tenant, log);
                assertEquals(line.strip(), stream.next().data());
                lazy.add(stream);
            }
            // More streams than connections to the database: did each hold one, who asks would be refused with 503.
            for (int i = 0; i < 50; i++) {
                tenant.request().get("/runs").then().statusCode(200);
            }
            int lines = 1;
            for (LiveStream.Event event = lazy.get(7).next();
                    !event.name().equals("end");
                    event = lazy.get(7).next()) {
                lines++;
            }
            assertEquals(160 * 655, lines);
        } finally {
            lazy.forEach(LiveStream::close);
        }
    }

    @Test
    void aQuietStreamSaysThatItIsThere() {
        try (LiveStream stream = LiveStream.open(tenant, log)) {
            assertThat(stream.line(), containsString("retry: "));
            assertEquals("", stream.line());
            // Every second in tests; the reader's patience is 60.
            assertEquals(":", stream.line());
        }
    }

    @Test
    void aRunThatNeverPrintedAnythingEndsAtOnce() {
        runs.end(run, "lost", null, "Nobody knows.");
        try (LiveStream stream = LiveStream.resume(tenant, log, "0-0")) {
            assertEquals("end", stream.next().name());
            assertThat(stream.next(), nullValue());
        }
    }

    @Test
    void whatIsNoPlaceInTheLogIsRefused() {
        runs.print(run, 0, "one\ntwo\n");
        for (String id : List.of("x", "1", "-1-0", "0-9", "4-0", "0-0-0", "99999999999999999999-0", "end", "%00")) {
            tenant.request()
                    .accept("text/event-stream")
                    .header("Last-Event-ID", id)
                    .get(log)
                    .then()
                    .statusCode(400)
                    .contentType("application/problem+json")
                    .body("detail", containsString("Last-Event-ID"));
        }
        tenant.request()
                .accept("text/event-stream")
                .get("/runs/" + UUID.randomUUID() + "/log")
                .then()
                .statusCode(404);
        Tenant other = Tenant.create();
        other.request().accept("text/event-stream").get(log).then().statusCode(404);
    }

    @Test
    void aStreamEndsWithItsToken() {
        String id = tenant.create("/tokens", java.util.Map.of("name", "short", "rights", "read"))
                .path("id");
        String token = tenant.create("/tokens", java.util.Map.of("name", "shorter", "rights", "read"))
                .path("token");
        String shorter = tenant.request().get("/tokens").path("items.find { it.name == 'shorter' }.id");
        try (LiveStream stream = LiveStream.open(token, "/api/v1/organization/" + tenant.id() + log, null)) {
            runs.print(run, 0, "one\n");
            assertEquals("one", stream.next().data());
            tenant.request().delete("/tokens/" + id).then().statusCode(200);
            runs.print(run, 4, "two\n");
            assertEquals("two", stream.next().data());
            tenant.request().delete("/tokens/" + shorter).then().statusCode(200);
            assertNull(stream.next());
        }
    }

    @Test
    void aStreamIsSlowedByNobodyButItsReader() {
        List<Duration> delays = new ArrayList<>();
        try (LiveStream stream = LiveStream.open(tenant, log)) {
            for (int i = 0; i < 5; i++) {
                runs.print(run, i * 10L, "line\n");
                long committed = System.nanoTime();
                assertEquals("line", stream.next().data());
                delays.add(Duration.ofNanos(System.nanoTime() - committed));
            }
        }
        // A line is there within a second of its commit, unless the machine stands still at this moment.
        Collections.sort(delays);
        assertThat(delays.get(2), lessThan(Duration.ofSeconds(1)));
    }
}
