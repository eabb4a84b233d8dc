package com.reliably.web;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.ServerProcess;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many of the largest answers at once, on the heap that the start script gives. */
class LargeAnswersIT {

    private static final int SLOW = 8;
    /** The heap of the start script, and as much again for code, threads and buffers. */
    private static final long MOST_MEMORY_KB = 500 * 1024;

    @TempDir
    static Path directory;

    private static LargeReports reports;
    private static ServerProcess server;

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
    void manyReadALargeJournalAtOnceSomeOfThemSlowlyWhileOthersGoOn() throws Exception {
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        assertEquals(List.of(200), reports.send(LargeReports.LARGEST, server.token(), 1));
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < SLOW; i++) {
                slow.add(slowReader());
            }
            String path = reports.results();
            HttpRequest read = reports.request(server.token(), path).GET().build();
            HttpRequest whole = reports.request(server.token(), path.replace("/results", ""))
                    .GET()
                    .build();
            List<CompletableFuture<HttpResponse<Long>>> fast = new ArrayList<>();
            for (int i = SLOW; i < LargeReports.AT_ONCE; i++) {
                fast.add(client.sendAsync(i % 4 == 0 ? whole : read, info -> counting()));
            }
            CompletableFuture<Void> all = CompletableFuture.allOf(fast.toArray(CompletableFuture[]::new));
            int others = 0;
            while (!all.isDone() || others == 0) {
                server.request().get(reports.executions()).then().statusCode(200);
                others++;
                for (Socket reader : slow) {
                    assertTrue(reader.getInputStream().readNBytes(20_000).length > 0);
                }
                assertThat(memoryInKb(), lessThan(MOST_MEMORY_KB));
            }
            for (CompletableFuture<HttpResponse<Long>> answer : fast) {
                assertEquals(200, answer.join().statusCode());
                assertThat(answer.join().body(), greaterThan((long) LargeReports.JOURNAL));
            }
            // One goes on to the end, the others go away.
            assertThat(
                    (long) slow.get(0).getInputStream().readAllBytes().length, greaterThan(LargeReports.JOURNAL / 4L));
        } finally {
            for (Socket reader : slow) {
                reader.close();
            }
        }
        await().untilAsserted(() -> assertThat(
                given().baseUri(server.url()).get("/q/metrics").asString(),
                containsString("reliably_answers_memory_bytes 0.0")));
        assertThat(server.log(), not(containsString("OutOfMemory")));
    }

    private static Socket slowReader() throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(16 * 1024);
        socket.setSoTimeout(240_000);
        socket.connect(new InetSocketAddress("127.0.0.1", server.port()));
        socket.getOutputStream()
                .write(("GET " + reports.results()
                                + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer "
                                + server.token() + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        String head = new String(socket.getInputStream().readNBytes(15), StandardCharsets.US_ASCII);
        assertEquals("HTTP/1.1 200 OK", head);
        return socket;
    }

    /** Of the server's process, without its database. */
    private static long memoryInKb() throws IOException {
        Path status = Path.of("/proc", Long.toString(server.pid()), "status");
        return !Files.exists(status)
                ? 0
                : Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .map(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .findFirst()
                        .orElseThrow();
    }

    /** How long an answer is, without keeping it. */
    private static HttpResponse.BodySubscriber<Long> counting() {
        return HttpResponse.BodySubscribers.mapping(HttpResponse.BodySubscribers.ofInputStream(), in -> {
            try (InputStream body = in) {
                return body.transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}
