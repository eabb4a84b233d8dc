package com.reliably.execution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import com.reliably.testing.TestRuns;
import com.reliably.testing.Wire;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Journals and logs that are read in pieces, by whichever version of the server they were stored. */
@ApiTest
class LargeTextsTest {

    /** Characters of one to four bytes, so that pieces end in the midst of some. */
    private static final String OUTPUT = "a\u00e9\u20ac\ud83d\ude00";

    @Inject
    DataSource database;

    @Inject
    ObjectMapper json;

    Tenant tenant;
    String path;
    UUID id;

    @BeforeEach
    void newExecution() {
        tenant = Tenant.create();
        String experiment = tenant.create(
                        "/experiments",
                        Map.of("definition", Map.of("title", "T", "description", "n/a", "method", List.of())))
                .path("id");
        String executions = "/experiments/" + experiment + "/executions";
        String execution = tenant.create(executions, Map.of("result", "{}")).path("id");
        path = executions + "/" + execution;
        id = UUID.fromString(execution);
    }

    /** About a multiple of the size of a piece, and a bit around it. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 3_000_000})
    void aJournalIsAnsweredAsItWasSent(int about) throws IOException {
        String journal = journal(about);
        report(journal, "");
        assertEquals(journal, text("/results"));
        assertEquals(
                json.readTree(journal),
                json.readTree(tenant.request().get(path).asByteArray()).get("result"));
        assertEquals(id.toString(), tenant.request().get(path).path("id"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65_535, 65_536, 65_537, 131_072, 131_073, 3_000_000})
    void aLogIsAnsweredAsItWasSent(int length) {
        String log = (OUTPUT.repeat(length / 10) + "x".repeat(10)).substring(0, Math.min(length, length / 10 * 5 + 10));
        report("{}", log);
        assertEquals(log, text("/log"));
        // The second time from what the first made of it.
        assertEquals(log, text("/log"));
    }

    @Test
    void aHeadHasNoBody() {
        report(journal(300_000), "");
        Response head = tenant.request().head(path + "/results");
        assertEquals(200, head.statusCode());
        assertEquals(0, head.asByteArray().length);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3_000_000})
    void whatAnEarlierVersionStoredIsRead(int about) throws IOException, SQLException {
        String journal = journal(about);
        String log = OUTPUT.repeat(about / 5);
        report("{}", "");
        text("/results");
        text("/log");
        reportAsEarlierVersion(journal, log);
        assertEquals(json.readTree(journal), json.readTree(text("/results")));
        assertEquals(log, text("/log"));
        // And again over what was read.
        reportAsEarlierVersion(journal(about + 10), log + "!");
        assertEquals(json.readTree(journal(about + 10)), json.readTree(text("/results")));
        assertEquals(log + "!", text("/log"));
    }

    @Test
    void theSameReportOnceMoreKeepsTheOrderOfItsMembers() {
        String journal = "{\"z\": 1, \"a\":  2, \"status\": \"completed\"}";
        report(journal, "one");
        report(journal, "two");
        assertEquals(journal, text("/results"));
    }

    @Test
    void aTextThatIsReplacedWhileItIsReadBreaksOff() throws IOException {
        String journal = journal(9_000_000);
        report(journal, "");
        URI server = Wire.server();
        try (Socket slow = new Socket()) {
            slow.setReceiveBufferSize(16 * 1024);
            slow.connect(new java.net.InetSocketAddress(server.getHost(), server.getPort()));
            slow.setSoTimeout(60_000);
            slow.getOutputStream()
                    .write(("GET /api/v1/organization/" + tenant.id() + path + "/results HTTP/1.1\r\nHost: x\r\n"
                                    + "Authorization: Bearer " + tenant.token() + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            InputStream in = slow.getInputStream();
            byte[] beginning = in.readNBytes(1000);
            assertTrue(new String(beginning, StandardCharsets.ISO_8859_1).contains("200 OK"));
            report(journal(9_000_010), "");
            int rest = in.readAllBytes().length;
            int whole = journal.getBytes(StandardCharsets.UTF_8).length;
            assertTrue(rest < whole, "the rest of another journal was sent: " + rest + " of " + whole);
        }
    }

    private static String journal(int about) {
        return "{\"status\": \"completed\",  \"run\": [{\"output\": \"" + OUTPUT.repeat(about / 10) + "\"}], \"a\": 1}";
    }

    private void report(String journal, String log) {
        tenant.request()
                .body(Map.of("result", journal, "log", log))
                .put(path + "/results")
                .then()
                .statusCode(200);
    }

    private String text(String what) {
        Response answer = tenant.request().get(path + what);
        assertEquals(200, answer.statusCode());
        assertFalse(answer.headers().hasHeaderWithName("Transfer-Encoding"), "the length is known");
        return new String(answer.asByteArray(), StandardCharsets.UTF_8);
    }

    /** By the statement of 9336ee8. */
    private void reportAsEarlierVersion(String journal, String log) throws SQLException {
        try (Connection connection = database.getConnection()) {
            TestRuns.execute(
                    connection,
                    "update execution set journal = cast(cast(? as text) as jsonb), log = coalesce(?, log) where id = ?",
                    journal,
                    log,
                    id);
        }
    }
}
