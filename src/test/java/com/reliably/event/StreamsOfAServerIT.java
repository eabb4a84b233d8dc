package com.reliably.event;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.lessThan;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.reliably.start.EmbeddedDatabaseAccess;
import com.reliably.testing.LiveStream;
import com.reliably.testing.OnEveryJdk;
import com.reliably.testing.ServerProcess;
import com.reliably.testing.TestRuns;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Streams and the process that serves them: there is a limit to them, and they do not keep it from stopping. */
@OnEveryJdk
class StreamsOfAServerIT {

    /** Far less than requests are waited for here; on an idle machine it takes two seconds. */
    private static final Duration SOON = Duration.ofSeconds(60);

    private static final String REQUESTS_ARE_WAITED_FOR = "PT5M";

    @TempDir
    Path directory;

    @Test
    void aReaderWhoDoesNotReadDoesNotKeepTheServerFromStoppingEither() throws SQLException {
        try (ServerProcess server = ServerProcess.on(directory.resolve("other-data"))
                .with("QUARKUS_SHUTDOWN_TIMEOUT", REQUESTS_ARE_WAITED_FOR)
                .start()) {
            String run = runWithALongLog(server);
            String path = "/api/v1/organization/" + server.orgId() + "/runs/" + run + "/log";
            try (LiveStream stuck = LiveStream.open(URI.create(server.url()), server.token(), path, null)) {
                stuck.next();
                long begin = System.nanoTime();
                server.terminate();
                assertThat(Duration.ofNanos(System.nanoTime() - begin), lessThan(SOON));
            }
        }
    }

    private static String runWithALongLog(ServerProcess server) throws SQLException {
        String deployment = create(
                server,
                "/deployments",
                Map.of("name", "d", "definition", Map.of("type", "reliably_cli", "mode", "manual")));
        String experiment = create(
                server,
                "/experiments",
                Map.of("definition", Map.of("title", "e", "description", "n/a", "method", List.of())));
        String plan = create(
                server,
                "/plans",
                Map.of(
                        "deployment",
                        Map.of("deployment_id", deployment),
                        "schedule",
                        Map.of("type", "now"),
                        "experiments",
                        List.of(experiment)));
        UUID run = UUID.randomUUID();
        try (Connection database = new EmbeddedDatabaseAccess(server.dataDirectory()).connect()) {
            TestRuns.execute(
                    database,
                    "insert into run (id, org_id, plan_id, deployment_id, state, trigger, created_at, owner, lease_until)"
                            + " select ?, org_id, id, deployment_id, 'running', 'engine', now(), 'another',"
                            + " now() + interval '1 hour' from plan where id = ?",
                    run,
                    UUID.fromString(plan));
            TestRuns.execute(
                    database,
                    "insert into run_log select ?, piece * 65536, repeat(repeat('x', 127) || chr(10), 512)"
                            + " from generate_series(0, 159) piece",
                    run);
        }
        return run.toString();
    }

    private static String create(ServerProcess server, String path, Object body) {
        return server.request()
                .body(body)
                .post(path)
                .then()
                .statusCode(201)
                .extract()
                .path("id");
    }

    @Test
    void streamsAreLimitedAndEndWhenTheServerStops() {
        try (ServerProcess server = ServerProcess.on(directory.resolve("data"))
                .with("RELIABLY_EVENTS_STREAMS_AT_MOST", "2")
                .with("QUARKUS_SHUTDOWN_TIMEOUT", REQUESTS_ARE_WAITED_FOR)
                .start()) {
            LiveStream first = open(server);
            first.awaitPlace();
            LiveStream second = open(server);
            second.awaitPlace();
            try (LiveStream third = open(server)) {
                assertEquals(503, third.status());
                assertThat(third.head(), containsString("Retry-After: 2"));
                assertThat(third.body(), containsString("RELIABLY_EVENTS_STREAMS_AT_MOST"));
            }
            second.close();
            // The place is free as soon as the server has noticed; the limit is not for ever.
            LiveStream fourth = await().until(() -> open(server), StreamsOfAServerIT::isLetIn);

            long begin = System.nanoTime();
            server.terminate();
            assertThat(Duration.ofNanos(System.nanoTime() - begin), lessThan(SOON));
            assertNull(first.next(), "the stream ends as it should, not in the middle");
            first.close();
            fourth.close();
        }
    }

    private static boolean isLetIn(LiveStream stream) {
        if (stream.status() != 200) {
            stream.close();
        }
        return stream.status() == 200;
    }

    private static LiveStream open(ServerProcess server) {
        return LiveStream.open(
                URI.create(server.url()), server.token(), "/api/v1/organization/" + server.orgId() + "/events", null);
    }
}
