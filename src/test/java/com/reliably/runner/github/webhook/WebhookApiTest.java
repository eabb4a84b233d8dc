package com.reliably.runner.github.webhook;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.runner.github.standin.GitHubWebhooks;
import com.reliably.runner.github.webhook.RepositoryNews.Concern;
import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import com.reliably.testing.Wire;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the address of a webhook takes, and from whom. */
@ApiTest
class WebhookApiTest {

    private static final String SECRET = "a-secret-of-the-webhook";
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int LARGEST = 1024 * 1024;
    /** They are given up after ten seconds. */
    private static final Duration LESS_THAN_STRANGERS_GET = Duration.ofSeconds(8);

    @Inject
    DataSource database;

    @Inject
    RepositoryNews news;

    @Inject
    DeliverySweeper sweeper;

    private Tenant tenant;
    private String deployment;
    private int deliveries;
    private final long run = ThreadLocalRandom.current().nextLong(1, 1L << 52);

    @BeforeEach
    void newDeployment() {
        tenant = Tenant.create();
        deployment = tenant.deployment(gitHub(SECRET));
    }

    private static Map<String, Object> gitHub(String secret) {
        return Map.of(
                "type", "github", "repo", "https://github.com/Acme/chaos", "token", "ghp_x", "webhook_secret", secret);
    }

    private String body(String fullName, Instant updatedAt) {
        return """
                {"action": "completed", "repository": {"full_name": "%s"},
                 "workflow_run": {"id": %d, "status": "completed", "updated_at": "%s"}}""".formatted(fullName, run, updatedAt.truncatedTo(ChronoUnit.SECONDS));
    }

    private String body() {
        return body("acme/chaos", Instant.now());
    }

    private ValidatableResponse send(String body) {
        return send(body, SECRET);
    }

    private ValidatableResponse send(String body, String secret) {
        return post(tenant, deployment, signed(tenant, body, secret));
    }

    private static RequestSpecification signed(Tenant of, String body, String secret) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return of.request()
                .header("X-GitHub-Event", "workflow_run")
                .header("X-GitHub-Delivery", UUID.randomUUID())
                .header("X-Hub-Signature-256", GitHubWebhooks.signature(bytes, secret))
                .body(bytes);
    }

    private static ValidatableResponse post(Tenant of, String deployment, RequestSpecification request) {
        return request.post("/deployments/" + deployment + "/webhooks/github").then();
    }

    private long lastHeard() {
        return news.lastOf(new Concern(UUID.fromString(tenant.id()), "github.com/acme/chaos", run));
    }

    @Test
    void aDeliveryIsNotedOnceWhateverItsHeadersSay() {
        long before = lastHeard();
        String body = body();
        assertEquals("noted", outcome(send(body)));
        long heard = lastHeard();
        assertNotEquals(before, heard);
        // Those who answer at GitHub may be late, so that it counts once more.
        await().atMost(SOON).until(() -> lastHeard() != heard);
        long heardAgain = lastHeard();
        assertEquals("repeated", outcome(send(body)));
        RequestSpecification asAnotherEvent = signed(tenant, body, SECRET).header("X-GitHub-Event", "push");
        assertEquals("repeated", outcome(post(tenant, deployment, asAnotherEvent)));
        assertEquals(heardAgain, lastHeard(), "a repeated delivery has somebody look");
        assertEquals(1, kept());
    }

    private static String outcome(ValidatableResponse response) {
        return response.statusCode(202).extract().path("outcome");
    }

    private static String ignored(ValidatableResponse response) {
        assertEquals("ignored", outcome(response));
        return response.extract().path("detail");
    }

    @Test
    void ofDeliveriesAtTheSameMomentOneIsNoted() {
        String body = body();
        List<CompletableFuture<String>> outcomes = IntStream.range(0, 8)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> outcome(send(body))))
                .toList();
        assertEquals(
                1,
                outcomes.stream()
                        .map(CompletableFuture::join)
                        .filter("noted"::equals)
                        .count());
        assertEquals(1, kept());
    }

    @Test
    void whoKnowsNoSecretLearnsNothing() {
        String body = body();
        Tenant other = Tenant.create();
        String theirs = other.deployment(gitHub("another-secret-entirely"));
        String noSecret =
                tenant.deployment(Map.of("type", "github", "repo", "github.com/acme/chaos", "token", "ghp_x"));
        String otherType = tenant.deployment(Map.of("type", "noop"));
        List<ValidatableResponse> refusals = new ArrayList<>();
        refusals.add(send(body, "not-the-secret-of-it"));
        refusals.add(send(body, SECRET + "x"));
        // A deployment of another organisation, below this one and below its own.
        refusals.add(post(tenant, theirs, signed(tenant, body, "another-secret-entirely")));
        refusals.add(post(other, theirs, signed(other, body, SECRET)));
        refusals.add(post(other, deployment, signed(other, body, SECRET)));
        refusals.add(post(tenant, noSecret, signed(tenant, body, SECRET)));
        refusals.add(post(tenant, otherType, signed(tenant, body, SECRET)));
        refusals.add(post(tenant, UUID.randomUUID().toString(), signed(tenant, body, SECRET)));
        Tenant nobody = new Tenant(UUID.randomUUID().toString(), tenant.token());
        refusals.add(post(nobody, deployment, signed(nobody, body, SECRET)));
        refusals.add(post(tenant, deployment, tenant.request().body(body)));
        refusals.add(post(
                tenant,
                deployment,
                tenant.request().header("X-Hub-Signature-256", "sha256=").body(body)));
        refusals.add(post(
                tenant,
                deployment,
                tenant.request()
                        .header("X-Hub-Signature", "sha1=" + "0".repeat(40))
                        .body(body)));
        // Another body than the one that was signed.
        refusals.add(post(tenant, deployment, signed(tenant, body, SECRET).body(body + " ")));
        List<String> answers = refusals.stream()
                .map(refusal -> refusal.statusCode(401).extract().asString())
                .distinct()
                .toList();
        assertEquals(1, answers.size(), answers.toString());
        assertTrue(answers.get(0).contains("webhook_secret"), answers.get(0));
        assertEquals(0, kept());
    }

    @Test
    void whatIsOldOrOfTheFutureIsIgnored() {
        Instant now = Instant.now();
        assertTrue(
                ignored(send(body("acme/chaos", now.minus(Duration.ofDays(4))))).contains("3 days"));
        assertTrue(
                ignored(send(body("acme/chaos", now.plus(Duration.ofHours(1))))).contains("clock"));
        assertEquals("noted", outcome(send(body("acme/chaos", now.minus(Duration.ofDays(2))))));
        assertEquals(1, kept());
    }

    @Test
    void whatIsOfAnotherRepositoryIsIgnored() {
        assertTrue(ignored(send(body("acme/other", Instant.now()))).contains("Acme/chaos"));
        assertEquals(0, kept());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"workflow_run\": null, \"repository\": {\"full_name\": \"acme/chaos\"}}",
                "{\"workflow_run\": {}, \"repository\": {\"full_name\": \"acme/chaos\"}}",
                "{\"workflow_run\": {\"id\": 1, \"updated_at\": \"2026-01-01T00:00:00Z\"}}",
                "{\"workflow_run\": {\"id\": 1}, \"repository\": {\"full_name\": \"acme/chaos\"}}",
                "{\"workflow_run\": {\"id\": 1, \"updated_at\": \"soon\"}, \"repository\": {\"full_name\": \"acme/chaos\"}}",
                "{\"zen\": \"Keep it logically awesome.\", \"hook\": {\"events\": [\"push\"]}}"
            })
    void whatTellsOfNoRunIsIgnored(String body) {
        ignored(send(body));
        assertEquals(0, kept());
    }

    @Test
    void thePingSaysWhetherTheWebhookTellsOfRuns() {
        String right = "{\"zen\": \"z\", \"hook\": {\"events\": [\"workflow_run\"]}}";
        String wrong = "{\"zen\": \"z\", \"hook\": {\"events\": [\"push\"]}}";
        assertTrue(ignored(ping(right)).contains("set up"));
        assertTrue(ignored(ping(wrong)).contains("Workflow runs"));
    }

    private ValidatableResponse ping(String body) {
        Wire.Answer answer = webhook().send(body.getBytes(StandardCharsets.UTF_8), Map.of("X-GitHub-Event", "ping"));
        assertEquals(202, answer.status(), answer.toString());
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return post(
                tenant,
                deployment,
                tenant.request()
                        .header("X-GitHub-Event", "ping")
                        .header("X-Hub-Signature-256", GitHubWebhooks.signature(bytes, SECRET))
                        .body(bytes));
    }

    private GitHubWebhooks webhook() {
        return new GitHubWebhooks(path(deployment), SECRET);
    }

    private String path(String of) {
        return "/api/v1/organization/" + tenant.id() + "/deployments/" + of + "/webhooks/github";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{",
                "payload=%7B%7D",
                "{\"workflow_run\": 7}",
                "{\"workflow_run\": {\"id\": \"x\"}}"
            })
    void whatIsSignedButNotWhatGitHubSendsIsRefused(String body) {
        String said = send(body).statusCode(400).extract().asString();
        assertTrue(said.contains("application/json"), said);
    }

    @Test
    void aFormIsRefusedWithTheContentTypeToChoose() {
        Wire.Answer answer = webhook()
                .send(
                        "payload=%7B%7D".getBytes(StandardCharsets.UTF_8),
                        Map.of("Content-Type", "application/x-www-form-urlencoded"));
        assertEquals(415, answer.status());
        assertTrue(answer.text().contains("application/json"), answer.text());
    }

    @Test
    void aLargeBodyIsTakenAndATooLargeOneIsNot() {
        String body = body();
        assertEquals("noted", outcome(send(body + " ".repeat(LARGEST - body.length()))));
        String said = send(body + " ".repeat(LARGEST - body.length() + 1))
                .statusCode(413)
                .extract()
                .asString();
        assertTrue(said.contains(Integer.toString(LARGEST)), said);
        byte[] tooLarge = (body + " ".repeat(4 * LARGEST)).getBytes(StandardCharsets.UTF_8);
        assertEquals(413, webhook().send(tooLarge, Map.of()).status());
        // Of undeclared length.
        Wire.Answer chunked = new Wire()
                .send(
                        "POST",
                        path(deployment),
                        Map.of(
                                "Content-Type",
                                "application/json",
                                "X-Hub-Signature-256",
                                GitHubWebhooks.signature(tooLarge, SECRET)),
                        java.net.http.HttpRequest.BodyPublishers.ofInputStream(
                                () -> new java.io.ByteArrayInputStream(tooLarge)));
        assertEquals(413, chunked.status());
    }

    @Test
    void strangersWhoAreSlowKeepNobodyWaiting() throws IOException {
        // A machine may stand still at one of these moments, but not at all of them.
        Duration shortest = Duration.ofDays(1);
        for (int tries = 0; tries < 3 && shortest.compareTo(LESS_THAN_STRANGERS_GET) >= 0; tries++) {
            shortest = answeredAmongStrangers();
        }
        assertTrue(shortest.compareTo(LESS_THAN_STRANGERS_GET) < 0, "it waited for strangers, for " + shortest);
    }

    private Duration answeredAmongStrangers() throws IOException {
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 60; i++) {
                Socket socket =
                        new Socket(Wire.server().getHost(), Wire.server().getPort());
                slow.add(socket);
                socket.getOutputStream()
                        .write(("POST " + path(deployment) + " HTTP/1.1\r\nHost: localhost\r\n"
                                        + "Content-Type: application/json\r\nContent-Length: 60000\r\n"
                                        + "X-Hub-Signature-256: sha256=" + "0".repeat(64) + "\r\n\r\n"
                                        + "{".repeat(30000))
                                .getBytes(StandardCharsets.US_ASCII));
            }
            long began = System.nanoTime();
            assertEquals("noted", outcome(send(body("acme/chaos", Instant.now().minusSeconds(++deliveries)))));
            return Duration.ofNanos(System.nanoTime() - began);
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
    }

    @Test
    void whatIsOldIsSwept() throws SQLException {
        send(body()).statusCode(202);
        age(3);
        sweeper.sweep().await().atMost(SOON);
        assertEquals(1, kept());
        age(2);
        sweeper.sweep().await().atMost(SOON);
        assertEquals(0, kept());
    }

    private void age(int days) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement("update github_delivery set received_at ="
                        + " received_at - make_interval(days => ?) where org_id = ?::uuid")) {
            statement.setInt(1, days);
            statement.setString(2, tenant.id());
            statement.executeUpdate();
        }
    }

    @Test
    void theSecretIsMaskedAndStaysWhereTheMaskIsSentBack() {
        String shown = tenant.request().get("/deployments/" + deployment).asString();
        assertFalse(shown.contains(SECRET), shown);
        assertEquals(
                "**********", tenant.request().get("/deployments/" + deployment).path("definition.webhook_secret"));
        tenant.request()
                .body(Map.of("name", "renamed", "definition", gitHub("**********")))
                .put("/deployments/" + deployment)
                .then()
                .statusCode(200);
        assertEquals("noted", outcome(send(body())));
        tenant.request()
                .body(Map.of("name", "renamed", "definition", gitHub("a-new-secret-of-it")))
                .put("/deployments/" + deployment)
                .then()
                .statusCode(200);
        send(body() + " ").statusCode(401);
        assertEquals("noted", outcome(send(body() + " ", "a-new-secret-of-it")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "too-short", "                    "})
    void aSecretThatCanBeGuessedIsRefused(String secret) {
        String said = tenant.request()
                .body(Map.of("name", "d", "definition", gitHub(secret)))
                .post("/deployments")
                .then()
                .statusCode(422)
                .extract()
                .asString();
        assertTrue(said.contains("16 to 255"), said);
    }

    @Test
    void aDeploymentThatIsDeletedTakesItsDeliveriesAlong() {
        send(body()).statusCode(202);
        tenant.request().delete("/deployments/" + deployment).then().statusCode(200);
        assertEquals(0, kept());
        send(body()).statusCode(401);
    }

    private int kept() {
        try (Connection connection = database.getConnection();
                PreparedStatement statement =
                        connection.prepareStatement("select count(*) from github_delivery where org_id = ?::uuid")) {
            statement.setString(1, tenant.id());
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                return rows.getInt(1);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
