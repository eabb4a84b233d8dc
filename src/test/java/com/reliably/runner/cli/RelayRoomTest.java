package com.reliably.runner.cli;

import static com.reliably.runner.cli.RelayClient.RESULTS;
import static com.reliably.runner.cli.RelayClient.STATE;
import static com.reliably.runner.cli.RelayClient.STATUS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The relay of a launcher with more reports than it may keep, or than the disk has room for. */
@Timeout(240)
class RelayRoomTest {

    private static final int MEBIBYTE = 1 << 20;

    @TempDir
    Path temporary;

    private StandInServer server;
    private SmallDisk disk;
    private LaunchedRun run;

    @BeforeEach
    void start() throws IOException {
        server = new StandInServer();
    }

    @AfterEach
    void stop() throws IOException {
        if (run != null) {
            run.close();
        }
        server.close();
        if (disk != null) {
            disk.close();
        }
    }

    private RelayClient run(Path parent) throws IOException {
        run = new LaunchedRun(parent, RelayClient.SCRIPT, server.url(), Map.of("handover_seconds", 120));
        return new RelayClient(run);
    }

    @Test
    void oneHundredAndTwentyEightMebibytesAreKept() throws Exception {
        RelayClient client = run(temporary);
        server.goAway();
        client.put(STATUS, "s".repeat(60 * MEBIBYTE));
        client.put(RESULTS, "r".repeat(62 * MEBIBYTE));
        CompletableFuture<HttpResponse<String>> held = client.sendLater("PUT", STATUS, "t".repeat(7 * MEBIBYTE));
        // One that finds room goes before one that does not; neither is lost.
        client.put(STATE, "u".repeat(5 * MEBIBYTE));
        assertFalse(held.isDone());
        assertEquals(3, run.directory().reportsNotHandedOver());
        assertTrue(announced(client, 65L * MEBIBYTE).startsWith("HTTP/1.1 413 "), "more than one report may have");

        server.comeBack();
        assertEquals(200, held.join().statusCode());
        await().until(() -> run.directory().reportsNotHandedOver() == 0);
        assertEquals(
                List.of(
                        STATUS + " " + 60 * MEBIBYTE + " bytes",
                        RESULTS + " " + 62 * MEBIBYTE + " bytes",
                        STATE + " " + 5 * MEBIBYTE + " bytes",
                        STATUS + " " + 7 * MEBIBYTE + " bytes"),
                puts());
        end();
    }

    @Test
    void aReportThatTheDiskHasNoRoomForIsHeld() throws Exception {
        disk = SmallDisk.at(temporary.resolve("small"), 6 * MEBIBYTE);
        RelayClient client = run(disk.path());
        server.goAway();
        client.put(STATUS, "s".repeat(2 * MEBIBYTE));
        client.put(RESULTS, "r".repeat(2 * MEBIBYTE));
        CompletableFuture<HttpResponse<String>> held = client.sendLater("PUT", STATUS, "t".repeat(4 * MEBIBYTE));
        // It was tried: what finds room goes before it.
        client.put(STATE, "small");
        assertFalse(held.isDone());
        assertEquals(3, run.directory().reportsNotHandedOver());

        server.comeBack();
        assertEquals(200, held.join().statusCode());
        await().until(() -> run.directory().reportsNotHandedOver() == 0);
        assertEquals(
                List.of(
                        STATUS + " " + 2 * MEBIBYTE + " bytes",
                        RESULTS + " " + 2 * MEBIBYTE + " bytes",
                        STATE + " small",
                        STATUS + " " + 4 * MEBIBYTE + " bytes"),
                puts());
        try (Stream<Path> left = Files.list(run.file("reports"))) {
            assertEquals(List.of(), left.toList(), "nothing half written stays");
        }
        end();
    }

    /** What is said to the head of a report, of whose body nothing is sent. */
    private static String announced(RelayClient client, long length) throws IOException {
        try (Socket socket =
                new Socket("127.0.0.1", URI.create(client.address()).getPort())) {
            String head = "PUT " + STATE + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + LaunchedRun.TOKEN
                    + "\r\nContent-Length: " + length + "\r\n\r\n";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            return new BufferedReader(new InputStreamReader(socket.getInputStream())).readLine();
        }
    }

    private List<String> puts() {
        return server.had().stream()
                .filter(had -> had.method().equals("PUT"))
                .map(had -> had.path() + " " + had.body())
                .distinct()
                .toList();
    }

    private void end() throws Exception {
        Files.createFile(run.file("workspace/end"));
        RunDirectory.Result result = run.result();
        assertEquals("exited", result.reason(), result.error());
        assertEquals(0, result.exitCode());
    }
}
