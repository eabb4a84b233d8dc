package com.reliably.engine;

import static io.restassured.RestAssured.given;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.runner.CronEngine;
import com.reliably.runner.RunnersWithCronEngine;
import com.reliably.runner.ScheduleEvent;
import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.quarkus.vertx.VertxContextSupport;
import io.quarkus.vertx.core.runtime.context.VertxContextSafetyToggle;
import io.restassured.path.json.JsonPath;
import io.restassured.response.ValidatableResponse;
import io.smallrye.common.vertx.VertxContext;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Cron plans whose engine keeps the schedule: what it is told, what becomes of what it starts, and who sees what of it. */
@ApiTest
@TestProfile(EngineSchedulesTest.WithCronEngine.class)
class EngineSchedulesTest {

    /** A server with an engine that tests play. */
    public static final class WithCronEngine implements QuarkusTestProfile {

        @Override
        public Set<Class<?>> getEnabledAlternatives() {
            return Set.of(RunnersWithCronEngine.class);
        }

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("reliably.engines.retry-after", "PT0.2S", "reliably.engines.retry-at-most", "PT1S");
        }
    }

    private static final String NAMESPACE = "chaos";
    private static final Instant FIRE = Instant.parse("2026-11-25T09:00:00Z");

    @Inject
    CronEngine engine;

    @Inject
    DataSource database;

    @Inject
    EngineScheduleRepository schedules;

    @Inject
    Vertx vertx;

    Tenant tenant;
    String deployment;
    String experiment;

    @BeforeEach
    void newTenant() {
        tenant = Tenant.create();
        deployment = tenant.deployment(definition(NAMESPACE, "example/cli:1"));
        experiment = experiment();
    }

    @Test
    void theEngineGetsTheScheduleOfANewPlan() {
        String plan = create(Map.of("catch_up_window_seconds", 90));
        awaitStatus(plan, "created");
        CronEngine.Installed there = installed(plan);
        assertEquals("0 9 * * *", there.pattern());
        assertEquals("Europe/Paris", there.timezone());
        assertEquals(Duration.ofSeconds(90), there.window());
        assertFalse(there.suspended());
        get(plan).body("error", nullValue());
        assertThat(
                given().get("/q/metrics").asString(),
                containsString("reliably_engine_schedules{state=\"applied\",type=\"k8s_job\"}"));
        tenant.request().get("/plans/" + plan + "/fires").then().statusCode(200).body("started_by", equalTo("engine"));
    }

    @Test
    void aPlanThatCatchesUpWithNothingGivesItsEngineNoTime() {
        String plan = create(Map.of("catch_up", "none"));
        awaitStatus(plan, "created");
        assertEquals(Duration.ZERO, installed(plan).window());
    }

    @Test
    void theTokenThatTheEngineGivesIsLimitedToThePlanAndListedNowhere() {
        String plan = created();
        String token = installed(plan).token();
        tenant.as(token).get("/plans/" + plan).then().statusCode(200);
        tenant.as(token).get("/plans").then().statusCode(403);
        tenant.request().get("/tokens?limit=100").then().body("items.name", not(hasItem(containsString("schedule"))));
    }

    @Test
    void aTokenIsReplacedBeforeItEndsAndTheOneBeforeServesRunsThatHaveBegunWithIt() throws SQLException {
        String plan = created();
        String before = installed(plan).token();
        sql("update engine_schedule set token_renew_at = now() where plan_id = ?", plan);
        await().untilAsserted(() -> assertNotEquals(before, installed(plan).token()));
        tenant.as(before).get("/plans/" + plan).then().statusCode(200);
        assertEquals(
                "true",
                text(
                        "select bool_or(expires_at <= now() + interval '25 hours')::text from access_token where plan_id = ?",
                        plan));
    }

    @Test
    void whatTheEngineRefusesIsSaidUntilItIsMended() {
        // Until the plan's id is known, by which it is refused.
        engine.reachable(tenant.id(), false);
        String plan = create(Map.of());
        engine.refuse(plan, "The image is not allowed here; use another one.");
        touch(plan);
        awaitStatus(plan, "creation error");
        get(plan).body("error", containsString("not allowed"));
        engine.refuse(plan, null);
        update(deployment, definition(NAMESPACE, "example/cli:2"));
        awaitStatus(plan, "created");
        get(plan).body("error", nullValue());
        assertEquals("example/cli:2", installed(plan).image());
    }

    @Test
    void whatWasRefusedIsTriedAgainByItself() {
        String plan = created();
        engine.refuse(plan, "There is no room.");
        touch(plan);
        awaitStatus(plan, "error");
        engine.refuse(plan, null);
        awaitStatus(plan, "created");
    }

    @Test
    void anEngineOutOfReachIsAskedUntilItAnswers() {
        engine.reachable(tenant.id(), false);
        String plan = create(Map.of());
        await().untilAsserted(() -> assertThat(errorOf(plan), containsString("no route to host")));
        get(plan).body("status", equalTo("creating"));
        await().until(() -> engine.installs(plan) > 3);
        engine.reachable(tenant.id(), true);
        awaitStatus(plan, "created");
        get(plan).body("error", nullValue());
    }

    @Test
    void suspendedAndResumedIsWhatTheEngineHasDone() throws SQLException {
        String plan = created();
        engine.reachable(tenant.id(), false);
        post(plan, "suspend");
        get(plan).body("status", equalTo("suspending"));
        engine.reachable(tenant.id(), true);
        awaitStatus(plan, "suspended");
        assertTrue(installed(plan).suspended());
        sql("update plan set suspended_at = now() - interval '49 hours' where id = ?", plan);
        engine.refuse(plan, "There is no room.");
        post(plan, "resume");
        awaitStatus(plan, "resuming_error");
        engine.refuse(plan, null);
        awaitStatus(plan, "created");
        assertFalse(installed(plan).suspended());
        tenant.request()
                .get("/runs?state=missed&plan_id=" + plan)
                .then()
                .body("count", greaterThan(1))
                .body("items.error", everyItem(containsString("suspended")));
    }

    @Test
    void aSuspensionThatTheEngineRefusesIsSaid() {
        String plan = created();
        engine.refuse(plan, "The workflow was changed by somebody else.");
        post(plan, "suspend");
        awaitStatus(plan, "suspend_error");
        engine.refuse(plan, null);
        awaitStatus(plan, "suspended");
    }

    @Test
    void whatTheEngineStartsIsOneRunHoweverOftenItIsTold() {
        String plan = created();
        String reference = engine.fire(plan, FIRE, 3);
        JsonPath run = onlyRun(plan, "running");
        assertEquals("engine", run.getString("trigger"));
        assertEquals("2026-11-25T09:00:00.000000Z", run.getString("nominal_time"));
        assertEquals(reference, run.getString("external_reference"));
        assertEquals("https://engine.example/" + reference, run.getString("external_url"));
        assertTrue(engine.isRecorded(plan, reference));
        assertFalse(engine.isRecorded(plan, reference + "x"));
        assertFalse(engine.isRecorded(created(), reference));
        awaitStatus(plan, "running");
        engine.cutOff(plan);
        await().until(() -> engine.listeners(plan) == 1);
        report(plan, experiment);
        engine.end(reference, 0);
        onlyRun(plan, "succeeded");
        awaitStatus(plan, "iteration completed");
    }

    @Test
    void whatWasStartedWhileNobodyListenedIsFoundWhenSomebodyDoes() {
        String plan = created();
        engine.cutOff(plan);
        String reference = engine.fire(plan, FIRE, 0);
        onlyRun(plan, "running");
        engine.end(reference, 3);
        onlyRun(plan, "failed");
    }

    @Test
    void aFireThatAnotherDeploymentHasRunIsCancelled() throws SQLException {
        String plan = created();
        engine.fire(plan, FIRE, 1);
        onlyRun(plan, "running");
        sql("update run set deployment_id = gen_random_uuid() where plan_id = ?", plan);
        JsonPath doubled = awaitRun(engine.fire(plan, FIRE, 1), "cancelled");
        assertNull(doubled.getString("nominal_time"));
        assertThat(runs(plan).getList("items.state"), containsInAnyOrder("running", "cancelled"));
    }

    @Test
    void anEngineThatGuessesTheSameFireTwiceHasStartedTwoRuns() {
        String plan = created();
        engine.fire(plan, FIRE, 1);
        onlyRun(plan, "running");
        engine.fire(plan, FIRE, 2);
        await().until(() -> runs(plan).getInt("count") == 2);
        assertThat(runs(plan).getList("items.state"), contains("running", "running"));
        assertThat(runs(plan).getList("items.nominal_time"), containsInAnyOrder("2026-11-25T09:00:00.000000Z", null));
    }

    @Test
    void whatMakesUpForASuspensionIsCancelled() throws SQLException {
        String plan = created();
        post(plan, "suspend");
        awaitStatus(plan, "suspended");
        sql("update plan set suspended_at = now() - interval '25 hours' where id = ?", plan);
        post(plan, "resume");
        awaitStatus(plan, "created");
        String missed =
                tenant.request().get("/runs?state=missed&plan_id=" + plan).path("items[0].nominal_time");
        awaitRun(engine.fire(plan, Instant.parse(missed), 1), "cancelled");
    }

    @Test
    void aHaltedOrganizationHasItsEnginesStartNothingAndReleasesThemAgain() throws SQLException {
        String plan = created();
        tenant.request().body(Map.of("reason", "drill")).post("/halt").then().statusCode(200);
        await().untilAsserted(() -> assertTrue(installed(plan).suspended()));
        get(plan).body("status", equalTo("created"));
        awaitRun(engine.fire(plan, FIRE, 1), "cancelled");
        sql("update plan set created_at = now() - interval '50 hours' where id = ?", plan);
        sql("update organization set halted_at = now() - interval '49 hours' where id = ?", tenant.id());
        tenant.request().delete("/halt").then().statusCode(200);
        tenant.request()
                .get("/runs?state=missed&plan_id=" + plan)
                .then()
                .body("count", greaterThan(1))
                .body("items.error", everyItem(containsString("drill")));
        await().untilAsserted(() -> assertFalse(installed(plan).suspended()));
        engine.fire(plan, FIRE.plusSeconds(86_400), 1);
        await().until(() -> runs(plan).getList("items.state").contains("running"));
    }

    @Test
    void whatIsStartedAfterASuspensionIsCancelled() {
        String plan = created();
        engine.reachable(tenant.id(), false);
        post(plan, "suspend");
        awaitRun(engine.fire(plan, Instant.parse("2100-01-01T00:00:00Z"), 1), "cancelled");
        engine.reachable(tenant.id(), true);
    }

    @Test
    void aDeletedPlanIsGoneAtOnceAndItsScheduleWhenItsEngineIsThereAgain() throws SQLException {
        String plan = created();
        String token = installed(plan).token();
        engine.reachable(tenant.id(), false);
        tenant.request().delete("/plans/" + plan).then().statusCode(200);
        tenant.request().get("/plans/" + plan).then().statusCode(404);
        tenant.request().get("/plans").then().body("count", equalTo(0));
        tenant.as(token).get("/plans/" + plan).then().statusCode(401);
        assertEquals("deleting", text("select status from plan where id = ?", plan));
        await().untilAsserted(() -> assertThat(
                tenant.request().delete("/deployments/" + deployment).path("detail"),
                containsString("no route to host")));
        engine.reachable(tenant.id(), true);
        await().untilAsserted(() -> assertNull(installed(plan)));
        await().untilAsserted(() -> assertEquals("deleted", text("select status from plan where id = ?", plan)));
        tenant.request().delete("/deployments/" + deployment).then().statusCode(200);
    }

    @Test
    void aDeletedPlansRunsAreEndedBeforeItsScheduleIsRemoved() {
        String plan = created();
        String reference = engine.fire(plan, FIRE, 1);
        onlyRun(plan, "running");
        tenant.request().delete("/plans/" + plan).then().statusCode(200);
        await().untilAsserted(() -> assertNull(installed(plan)));
        awaitRun(reference, "cancelled");
    }

    @Test
    void aPlanThatMovesIsRemovedWhereItWasWhenItsRunHasEndedAndThenInstalledWhereItIs() {
        String plan = created();
        String reference = engine.fire(plan, FIRE, 1);
        onlyRun(plan, "running");
        String other = tenant.deployment(definition("elsewhere", "example/cli:1"));
        tenant.request()
                .body(body(other, Map.of()))
                .put("/plans/" + plan)
                .then()
                .statusCode(200);
        await().untilAsserted(() -> assertTrue(installed(plan).suspended()));
        await().untilAsserted(() ->
                assertThat(tenant.request().get("/plans/" + plan).path("error"), containsString("had before")));
        assertNull(engine.installed(plan, "elsewhere"));
        report(plan, experiment);
        engine.end(reference, 0);
        await().until(() -> engine.installed(plan, "elsewhere") != null);
        assertNull(installed(plan));
        await().untilAsserted(() -> assertNull(errorOf(plan)));
        tenant.request().delete("/deployments/" + deployment).then().statusCode(200);
    }

    @Test
    void aPlanThatLosesItsScheduleIsRemoved() {
        String plan = created();
        Map<String, Object> now = body(deployment, Map.of());
        now.put("schedule", Map.of("type", "now"));
        tenant.request().body(now).put("/plans/" + plan).then().statusCode(200);
        await().untilAsserted(() -> assertNull(installed(plan)));
    }

    @Test
    void aPlanThatLosesItsScheduleWhileItRunsIsRemovedAfterwards() {
        String plan = created();
        String reference = engine.fire(plan, FIRE, 1);
        onlyRun(plan, "running");
        Map<String, Object> now = body(deployment, Map.of());
        now.put("schedule", Map.of("type", "now"));
        tenant.request().body(now).put("/plans/" + plan).then().statusCode(200);
        await().untilAsserted(() -> assertTrue(installed(plan).suspended()));
        assertEquals("0 9 * * *", installed(plan).pattern());
        report(plan, experiment);
        engine.end(reference, 0);
        await().untilAsserted(() -> assertNull(installed(plan)));
        onlyRun(plan, "succeeded");
    }

    @Test
    void aDeploymentThatMovesItsSchedulesLeavesNoneBehind() {
        String plan = created();
        update(deployment, definition("elsewhere", "example/cli:1"));
        await().until(() -> engine.installed(plan, "elsewhere") != null);
        assertNull(installed(plan));
    }

    @Test
    void aDeploymentWhoseEngineHasSchedulesKeepsItsType() {
        String plan = created();
        tenant.request()
                .body(Map.of("name", "d-" + UUID.randomUUID(), "definition", Map.of("type", "noop")))
                .put("/deployments/" + deployment)
                .then()
                .statusCode(400)
                .body("detail", containsString("Give them another deployment"));
        tenant.request().delete("/plans/" + plan).then().statusCode(200);
    }

    @Test
    void whenSecretFilesChangeTheEngineGetsThem() {
        String environment = tenant.create(
                        "/environments", Map.of("name", "e", "envvars", List.of(), "secrets", List.of(file("old"))))
                .path("id");
        Map<String, Object> body = body(deployment, Map.of());
        body.put("environment", Map.of("id", environment));
        String plan = tenant.create("/plans", body).path("id");
        awaitStatus(plan, "created");
        assertEquals("old", installed(plan).files().get(0).content());
        tenant.request()
                .body(file("new"))
                .put("/environments/" + environment + "/set")
                .then()
                .statusCode(200);
        await().untilAsserted(
                        () -> assertEquals("new", installed(plan).files().get(0).content()));
    }

    @Test
    void whatIsWrongAtTheEngineIsSeenUntilItIsNot() {
        String plan = created();
        engine.tell(plan, new ScheduleEvent.Trouble("Somebody deleted it; save the plan to have it made again."));
        await().untilAsserted(() -> assertThat(errorOf(plan), containsString("Somebody deleted it")));
        get(plan).body("status", equalTo("created"));
        String reference = engine.fire(plan, FIRE, 1);
        onlyRun(plan, "running");
        get(plan).body("error", containsString("Somebody deleted it"));
        report(plan, experiment);
        engine.end(reference, 0);
        onlyRun(plan, "succeeded");
        engine.tell(plan, new ScheduleEvent.Sound());
        await().untilAsserted(() -> assertNull(errorOf(plan)));
    }

    @Test
    void whatAServerWasDoingWhenItWasKilledIsDoneAgainByAnother() throws SQLException {
        String plan = created();
        int before = engine.installs(plan);
        sql("update engine_schedule set owner = 'gone', lease_until = now() - interval '1 s' where plan_id = ?", plan);
        await().until(() -> engine.installs(plan) > before);
        await().until(() -> engine.listeners(plan) == 1);
    }

    @Test
    void whatAnotherServerLooksAfterIsLeftToIt() throws SQLException {
        String plan = created();
        sql(
                "update engine_schedule set owner = 'alive', epoch = epoch + 1, lease_until = now() + interval '1 h'"
                        + " where plan_id = ?",
                plan);
        int before = engine.installs(plan);
        touch(plan);
        await().until(() -> engine.listeners(plan) == 0);
        assertEquals(before, engine.installs(plan));
        sql("update engine_schedule set lease_until = now() - interval '1 s' where plan_id = ?", plan);
        await().until(() -> engine.installs(plan) > before);
    }

    @Test
    void noScheduleIsClaimedByTwoServers() throws Throwable {
        List<String> plans =
                IntStream.range(0, 8).mapToObj(i -> create(Map.of())).toList();
        plans.forEach(plan -> awaitStatus(plan, "created"));
        for (String plan : plans) {
            sql("update engine_schedule set owner = null, lease_until = null where plan_id = ?", plan);
        }
        List<Uni<List<UUID>>> servers =
                IntStream.range(0, 4).mapToObj(i -> claimedBy("server " + i)).toList();
        List<UUID> claimed = VertxContextSupport.subscribeAndAwait(
                        () -> Uni.join().all(servers).andFailFast())
                .stream()
                .flatMap(List::stream)
                .toList();
        assertEquals(Set.copyOf(claimed).size(), claimed.size());
        for (String plan : plans) {
            sql("update engine_schedule set lease_until = now() - interval '1 s' where plan_id = ?", plan);
        }
        for (String plan : plans) {
            await().until(() -> engine.listeners(plan) == 1);
        }
    }

    /** What a server claims that is another one than this, in a transaction on a context of its own. */
    private Uni<List<UUID>> claimedBy(String owner) {
        return Uni.createFrom().emitter(done -> {
            Context context = VertxContext.createNewDuplicatedContext(vertx.getOrCreateContext());
            VertxContextSafetyToggle.setContextSafe(context, true);
            context.runOnContext(ignored -> Panache.withTransaction(
                            () -> schedules.claim(owner, Duration.ofMinutes(1), 100))
                    .map(claimed -> claimed.stream().map(OwnedSchedule::planId).toList())
                    .subscribe()
                    .with(done::complete, done::fail));
        });
    }

    @Test
    void whatTookEffectAfterItsServerHadLostTheScheduleIsPutRight() throws SQLException {
        String plan = created();
        CompletableFuture<Void> answer = new CompletableFuture<>();
        int before = engine.installs(plan);
        engine.delay(plan, Uni.createFrom().completionStage(answer));
        touch(plan);
        await().until(() -> engine.installs(plan) > before);
        sql(
                "update engine_schedule set owner = 'alive', epoch = epoch + 1, lease_until = now() + interval '1 h',"
                        + " applied_generation = generation where plan_id = ?",
                plan);
        engine.delay(plan, null);
        answer.complete(null);
        await().untilAsserted(() -> assertEquals(
                "true",
                text("select (generation > applied_generation)::text from engine_schedule where plan_id = ?", plan)));
    }

    @Test
    void aReportOfTheEnginesClientBelongsToTheRun() {
        String plan = created();
        engine.fire(plan, FIRE, 1);
        JsonPath run = onlyRun(plan, "running");
        String execution = report(plan, experiment);
        assertThat(executionsOf(run.getString("id")), contains(execution));
    }

    @Test
    void aReportThatComesBeforeItsRunIsKnownBelongsToItAllTheSame() {
        String plan = created();
        String execution = report(plan, experiment);
        assertThat(runs(plan).getList("items"), empty());
        engine.fire(plan, FIRE, 1);
        JsonPath run = onlyRun(plan, "running");
        assertThat(executionsOf(run.getString("id")), contains(execution));
    }

    @Test
    void reportsOfRunsBesideEachOtherAreGivenOneToEach() {
        String plan = create(Map.of("overlap", "allow"));
        awaitStatus(plan, "created");
        int count = 6;
        for (int i = 0; i < count; i++) {
            engine.fire(plan, FIRE.plusSeconds(60L * i), 1);
        }
        await().until(() -> runs(plan).getList("items.state").stream()
                        .filter("running"::equals)
                        .count()
                == count);
        IntStream.range(0, count).parallel().forEach(i -> report(plan, experiment));
        List<String> ids = runs(plan).getList("items.id");
        ids.forEach(id -> assertThat(executionsOf(id), hasSize(1)));
    }

    @Test
    void aPlanOfALargerExperimentSetReportsAllOfThemToOneRun() {
        String second = experiment();
        Map<String, Object> body = body(deployment, Map.of());
        body.put("experiments", List.of(experiment, second));
        String plan = tenant.create("/plans", body).path("id");
        awaitStatus(plan, "created");
        engine.fire(plan, FIRE, 1);
        JsonPath run = onlyRun(plan, "running");
        String one = report(plan, experiment);
        String two = report(plan, second);
        assertThat(executionsOf(run.getString("id")), containsInAnyOrder(one, two));
    }

    // What the tests do

    private String created() {
        String plan = create(Map.of());
        awaitStatus(plan, "created");
        await().until(() -> engine.listeners(plan) == 1);
        return plan;
    }

    private String create(Map<String, Object> policies) {
        return tenant.create("/plans", body(deployment, policies)).path("id");
    }

    private Map<String, Object> body(String deployment, Map<String, Object> policies) {
        Map<String, Object> body = new HashMap<>();
        body.put("title", "kept elsewhere");
        body.put("deployment", Map.of("deployment_id", deployment));
        body.put("schedule", Map.of("type", "cron", "pattern", "0 9 * * *", "timezone", "Europe/Paris"));
        body.put("experiments", List.of(experiment));
        body.put("policies", policies);
        return body;
    }

    private String experiment() {
        return tenant.create(
                        "/experiments",
                        Map.of("definition", Map.of("title", "nothing", "description", "n/a", "method", List.of())))
                .path("id");
    }

    private static Map<String, Object> definition(String namespace, String image) {
        return Map.of("type", "k8s_job", "namespace", namespace, "image", image, "use_in_cluster_credentials", true);
    }

    private static Map<String, Object> file(String content) {
        return Map.of("key", "file", "path", "/etc/secret/file", "value", content);
    }

    /** Saves a plan as it is, which has its engine asked again. */
    private void touch(String plan) {
        engine.reachable(tenant.id(), true);
        tenant.request()
                .body(body(deployment, Map.of()))
                .put("/plans/" + plan)
                .then()
                .statusCode(200);
    }

    private void update(String id, Map<String, Object> definition) {
        tenant.request()
                .body(Map.of("name", "d-" + UUID.randomUUID(), "definition", definition))
                .put("/deployments/" + id)
                .then()
                .statusCode(200);
    }

    private void post(String plan, String deed) {
        tenant.request().post("/plans/" + plan + "/" + deed).then().statusCode(200);
    }

    private String report(String plan, String ofExperiment) {
        return tenant.as(installed(plan).token())
                .body(Map.of("result", "{}", "plan_id", plan))
                .post("/experiments/" + ofExperiment + "/executions")
                .then()
                .statusCode(201)
                .extract()
                .path("id");
    }

    private ValidatableResponse get(String plan) {
        return tenant.request().get("/plans/" + plan).then().statusCode(200);
    }

    private CronEngine.Installed installed(String plan) {
        return engine.installed(plan, NAMESPACE);
    }

    private void awaitStatus(String plan, String status) {
        await().untilAsserted(() -> assertEquals(status, get(plan).extract().path("status")));
    }

    private String errorOf(String plan) {
        return get(plan).extract().path("error");
    }

    private JsonPath runs(String plan) {
        return tenant.request()
                .get("/runs?limit=100&plan_id=" + plan)
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
    }

    private JsonPath onlyRun(String plan, String state) {
        await().untilAsserted(() -> assertThat(runs(plan).getList("items.state"), contains(state)));
        return run(runs(plan).getString("items[0].id"));
    }

    private JsonPath awaitRun(String reference, String state) {
        String sql = "select id::text || ' ' || state from run where external_reference = ?";
        await().untilAsserted(() -> assertThat(textOf(sql, reference), containsString(state)));
        return run(found(sql, reference).split(" ")[0]);
    }

    private String found(String sql, String value) {
        try {
            return textOf(sql, value);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private JsonPath run(String id) {
        return tenant.request()
                .get("/runs/" + id)
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
    }

    private List<String> executionsOf(String run) {
        return run(run).getList("execution_ids");
    }

    private static ConditionFactory await() {
        return org.awaitility.Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(100));
    }

    private void sql(String statement, String plan) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement update = connection.prepareStatement(statement)) {
            update.setObject(1, UUID.fromString(plan));
            assertEquals(1, update.executeUpdate());
        }
    }

    private String text(String query, String plan) throws SQLException {
        return textOf(query, UUID.fromString(plan));
    }

    private String textOf(String query, Object value) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setObject(1, value);
            ResultSet rows = statement.executeQuery();
            return rows.next() ? rows.getString(1) : "";
        }
    }
}
