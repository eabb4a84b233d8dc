package com.reliably.start;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.reliably.testing.ServerProcess;
import com.reliably.testing.TcpLink;
import com.reliably.testing.TestPostgres;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A network between the server and its database that does not say that it is cut. */
class DatabaseCutIT {

    /** More than there are connections. */
    private static final int REQUESTS = 30;

    private static final Duration ANSWERS_WITHIN = Duration.ofSeconds(6);

    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(
            value = TcpLink.State.class,
            names = {"SWALLOWING", "STALLED"})
    void requestsAreRefusedInTimeAndTheServerFindsBack(TcpLink.State cut) throws Exception {
        try (EmbeddedPostgres postgres = TestPostgres.builder().start();
                TcpLink link = new TcpLink(postgres.getPort());
                ServerProcess server = on(link).start()) {
            await().until(() -> statuses(server), List.of(200)::equals);
            link.put(cut);
            given().baseUri(server.url()).get("/q/health/ready").then().statusCode(503);
            // Those that wait for an answer give up when the connection does, those behind them sooner.
            assertEquals(List.of(503), statuses(server));
            link.put(TcpLink.State.OPEN);
            await().until(() ->
                    given().baseUri(server.url()).get("/q/health/ready").statusCode() == 200);
            await().until(() -> statuses(server), List.of(200)::equals);
        }
    }

    private ServerProcess.Setup on(TcpLink link) {
        return ServerProcess.on(directory.resolve("data"))
                .arguments("-Xmx256m")
                .with(
                        "QUARKUS_DATASOURCE_REACTIVE_URL",
                        "postgresql://postgres:x@127.0.0.1:" + link.port() + "/postgres?sslmode=disable")
                .with("RELIABLY_DATABASE_ANSWERS_WITHIN", ANSWERS_WITHIN.toString());
    }

    /** What many requests at once are answered with. */
    private static List<Integer> statuses(ServerProcess server) {
        // Asked for once, before many do.
        server.orgId();
        ExecutorService clients = Executors.newFixedThreadPool(REQUESTS);
        try {
            List<CompletableFuture<Integer>> answers = IntStream.range(0, REQUESTS)
                    .mapToObj(number -> CompletableFuture.supplyAsync(
                            () -> server.request().get("/deployments").statusCode(), clients))
                    .toList();
            return answers.stream().map(CompletableFuture::join).distinct().toList();
        } finally {
            clients.shutdownNow();
        }
    }
}
