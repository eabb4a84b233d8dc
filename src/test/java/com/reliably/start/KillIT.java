package com.reliably.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.testing.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code kill -9} while things are being created: what was answered 201 is there afterwards, whole. */
class KillIT {

    /** Each goes on with the next creation until the server is killed, so that this finds many on their way. */
    private static final int AT_ONCE = 50;

    private static final int KILL_AFTER = 70;

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory;

    private record Created(String path, String id) {}

    @ParameterizedTest(name = "and its PostgreSQL: {0}")
    @ValueSource(booleans = {false, true})
    void whatWasAnsweredIsThereAfterAKill(boolean databaseToo) throws Exception {
        ServerProcess.Setup setup = ServerProcess.on(directory.resolve("data-" + databaseToo));
        Queue<Created> answered = new ConcurrentLinkedQueue<>();
        try (ServerProcess server = setup.start()) {
            createAndKill(server, databaseToo, answered);
        }
        try (ServerProcess restarted = setup.start()) {
            assertEquals(
                    answered.size(),
                    new HashSet<>(answered.stream().map(Created::id).toList()).size());
            for (Created created : answered) {
                restarted
                        .request()
                        .get(created.path() + "/" + created.id())
                        .then()
                        .statusCode(200);
            }
            assertNothingIsHalf(new EmbeddedDatabaseAccess(restarted.dataDirectory()));
        }
    }

    private void createAndKill(ServerProcess server, boolean databaseToo, Queue<Created> answered) throws Exception {
        // Before the kill: the helper learns it by asking.
        String base = server.url() + "/api/v1/organization/" + server.orgId();
        String token = server.token();
        ProcessHandle database =
                new EmbeddedDatabaseAccess(server.dataDirectory()).process().orElseThrow();
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        CountDownLatch enough = new CountDownLatch(KILL_AFTER);
        ExecutorService workers = Executors.newFixedThreadPool(AT_ONCE);
        try {
            AtomicInteger asked = new AtomicInteger();
            Runnable createOneAfterTheOther = () -> {
                while (server.isAlive()) {
                    create(client, base, token, asked.getAndIncrement(), answered, enough);
                }
            };
            List<CompletableFuture<Void>> all = IntStream.range(0, AT_ONCE)
                    .mapToObj(worker -> CompletableFuture.runAsync(createOneAfterTheOther, workers))
                    .toList();
            assertTrue(enough.await(60, TimeUnit.SECONDS), "creates are answered");
            server.kill();
            if (databaseToo) {
                database.destroyForcibly();
                database.onExit().get(60, TimeUnit.SECONDS);
            }
            CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
            assertTrue(
                    asked.get() > answered.size(),
                    "the kill came in the midst: " + answered.size() + " of " + asked + " were answered");
        } finally {
            workers.shutdownNow();
        }
    }

    private static void create(
            HttpClient client, String base, String token, int number, Queue<Created> answered, CountDownLatch enough) {
        String path = List.of("/deployments", "/environments", "/experiments").get(number % 3);
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create(base + path))
                    .timeout(Duration.ofSeconds(30))
                    .header("Authorization", "Bearer " + token)
                    .header("Content-Type", "application/json")
                    .POST(BodyPublishers.ofString(JSON.writeValueAsString(body(path, number))))
                    .build();
            HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
            if (response.statusCode() == 201) {
                answered.add(new Created(
                        path, JSON.readTree(response.body()).get("id").asText()));
                enough.countDown();
            }
        } catch (IOException killed) {
            // Not answered: it may be there or not.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Map<String, Object> body(String path, int number) {
        String name = "thing-" + number;
        return switch (path) {
            case "/deployments" ->
                Map.of(
                        "name",
                        name,
                        "definition",
                        Map.of(
                                "type",
                                "github",
                                "repo",
                                "https://github.com/my-org/my-repo",
                                "token",
                                "secret-" + number));
            case "/environments" ->
                Map.of(
                        "name",
                        name,
                        "envvars",
                        List.of(Map.of("var_name", "NAME", "value", name)),
                        "secrets",
                        List.of(Map.of("key", "password", "var_name", "PASSWORD", "value", "secret-" + number)));
            default -> Map.of("definition", Map.of("title", name, "description", "n/a", "method", List.of()));
        };
    }

    private static void assertNothingIsHalf(EmbeddedDatabaseAccess database) throws SQLException {
        assertEquals(List.of(), database.column("""
                select s.owner_id from secret s
                where not exists (select from deployment d where d.id = s.owner_id and s.owner_kind = 'deployment')
                and not exists (select from environment e where e.id = s.owner_id and s.owner_kind = 'environment')"""), "secrets without an owner");
        assertEquals(List.of(), database.column("""
                select d.id from deployment d where d.type = 'github'
                and not exists (select from secret s where s.owner_kind = 'deployment' and s.owner_id = d.id)"""), "deployments without their secret");
        assertEquals(List.of(), database.column("""
                select e.id from environment e
                where not exists (select from secret s where s.owner_kind = 'environment' and s.owner_id = e.id)"""), "environments without their secret");
    }
}
