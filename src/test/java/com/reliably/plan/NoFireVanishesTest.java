package com.reliably.plan;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.hasItem;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.vertx.VertxContextSupport;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Fires that meet something else: a change of the plan, a stop button that is being pressed, a run that is being written
 * to. Each is run or is missed with its reason, and holds up no other. At moments years ahead, so that the server's own
 * scheduler has nothing to do with them, unless a test says otherwise.
 */
@ApiTest
class NoFireVanishesTest {

    static final Map<String, Object> NOW = Map.of("type", "now");
    static final Map<String, Object> HOURLY = Map.of("type", "cron", "pattern", "0 * * * *");
    static final Map<String, Object> EVERY_MINUTE = Map.of("type", "cron", "pattern", "* * * * *");
    static final Instant NOON = Instant.parse("2040-06-01T12:00:00Z");

    @Inject
    PlanFires fires;

    @Inject
    DataSource database;

    @Inject
    MeterRegistry metrics;

    Tenant tenant;
    String container;
    String manual;
    String experiment;

    @BeforeEach
    void newTenant() {
        tenant = Tenant.create();
        container = tenant.deployment(Map.of("type", "container", "image", "example.invalid/none:1"));
        manual = tenant.deployment(Map.of("type", "reliably_cli", "mode", "manual"));
        experiment = tenant.create(
                        "/experiments",
                        Map.of("definition", Map.of("title", "nothing", "description", "n/a", "method", List.of())))
                .path("id");
    }

    @Test
    void aFireThatWasDueWhenItsPlanGotAnotherScheduleIsMissed() throws SQLException {
        String plan = create(container, HOURLY, Map.of());
        whileNothingIsFired(() -> {
            dueSinceTheHour(plan);
            update(plan, container, Map.of("type", "cron", "pattern", "30 3 1 1 *"));
        });
        runs(plan).body("count", equalTo(1));
        missed(plan).body("items.error", contains(containsString("another schedule")));
    }

    @Test
    void aFireThatWasDueWhenItsPlanGotADeploymentThatIsNotStartedHereIsMissed() throws SQLException {
        String plan = create(container, HOURLY, Map.of());
        whileNothingIsFired(() -> {
            dueSinceTheHour(plan);
            update(plan, manual, HOURLY);
        });
        await().atMost(Duration.ofSeconds(60)).until(() -> countOfRuns(plan) == 1);
        missed(plan).body("items.error", contains(containsString("does not start")));
        assertEquals("none", nextFire(plan));
    }

    @Test
    void aFireThatWasDueWhenItsDeploymentBecameOneThatIsNotStartedHereIsMissed() throws SQLException {
        String plan = create(container, HOURLY, Map.of());
        whileNothingIsFired(() -> {
            dueSinceTheHour(plan);
            tenant.request()
                    .body(Map.of(
                            "name",
                            "d-" + UUID.randomUUID(),
                            "definition",
                            Map.of("type", "reliably_cli", "mode", "manual")))
                    .put("/deployments/" + container)
                    .then()
                    .statusCode(200);
        });
        await().atMost(Duration.ofSeconds(60)).until(() -> countOfRuns(plan) == 1);
        missed(plan).body("items.error", contains(containsString("does not start")));
        assertEquals("none", nextFire(plan));
    }

    @Test
    void aFireThatWasDueWhenItsPlanWasSuspendedIsMissedAtOnce() throws SQLException {
        String plan = create(container, HOURLY, Map.of());
        whileNothingIsFired(() -> {
            dueSinceTheHour(plan);
            tenant.request().post("/plans/" + plan + "/suspend").then().statusCode(200);
        });
        missed(plan).body("items.error", contains("The plan was suspended."));
        tenant.request().post("/plans/" + plan + "/resume").then().statusCode(200);
        runs(plan).body("count", equalTo(1));
    }

    @Test
    void aPlanThatWasSuspendedWithAnotherScheduleMissesWhatThatWouldHaveFired() throws SQLException {
        String plan = create(container, HOURLY, Map.of());
        tenant.request().post("/plans/" + plan + "/suspend").then().statusCode(200);
        sql("update plan set suspended_at = now() - interval '3 h' where id = '" + plan + "'");
        update(plan, container, Map.of("type", "cron", "pattern", "0 0 1 1 *"));
        missed(plan).body("count", equalTo(3));
        tenant.request().post("/plans/" + plan + "/resume").then().statusCode(200);
        missed(plan).body("count", equalTo(3)).body("items.error", hasItem(containsString("suspended")));
    }

    @Test
    void aManualPlanMissesNothingInASuspension() throws SQLException {
        String plan = create(manual, EVERY_MINUTE, Map.of());
        tenant.request().post("/plans/" + plan + "/suspend").then().statusCode(200);
        sql("update plan set suspended_at = now() - interval '1 h' where id = '" + plan + "'");
        update(plan, manual, HOURLY);
        tenant.request().post("/plans/" + plan + "/resume").then().statusCode(200);
        missed(plan).body("items", empty());
    }

    @Test
    void aWeekOfFiresThatALaterOneStandsForIsNotRecordedMinuteByMinute() throws Throwable {
        String plan = create(container, EVERY_MINUTE, Map.of("catch_up_window_seconds", 604_800));
        sql("update plan set next_fire_at = '" + NOON.minusSeconds(604_800) + "' where id = '" + plan + "'");
        double countedBefore = counted("superseded");
        fire(plan);
        assertThat(counted("superseded"), greaterThanOrEqualTo(countedBefore + 100));
        missed(plan).body("count", equalTo(100)).body("items.error", hasItem(containsString("only the first 100")));
        runs(plan).body("count", equalTo(101));
    }

    @Test
    void aFireWaitsForARunThatIsBeingWrittenTo() throws Throwable {
        String plan = due(HOURLY, Map.of("overlap", "replace"));
        String running = activeRun(plan);
        try (Connection somebody = database.getConnection()) {
            somebody.setAutoCommit(false);
            somebody.createStatement().execute("select 1 from run where id = '" + running + "' for update");
            fire(plan);
            runs(plan).body("count", equalTo(1));
            somebody.rollback();
        }
        fire(plan);
        runs(plan).body("count", equalTo(2));
        assertEquals(
                running, text("select id from run where cancel_requested_at is not null and plan_id = '" + plan + "'"));
    }

    @Test
    void aFireNeverSlipsPastTheStopButton() throws Throwable {
        String plan = due(HOURLY, Map.of());
        try (Connection somebody = database.getConnection()) {
            somebody.setAutoCommit(false);
            somebody.createStatement()
                    .execute("update organization set halted_at = now(), halt_reason = 'an incident' where id = '"
                            + tenant.id() + "'");
            assertEquals(0, fire(plan));
            somebody.commit();
        }
        assertEquals(1, fire(plan));
        missed(plan).body("items.error", contains(containsString("an incident")));
        tenant.request().delete("/halt").then().statusCode(200);
        sql("update plan set next_fire_at = '" + NOON + "' where id = '" + plan + "'");
        fire(plan);
        runs(plan).body("count", equalTo(1)).body("items.state", contains("missed"));
    }

    @Test
    void aPlanThatCannotBeFiredHoldsUpNoOther() throws Throwable {
        String broken = create(container, HOURLY, Map.of());
        sql("update plan set cron_pattern = 'broken', next_fire_at = '2020-01-01T00:00:00Z' where id = '" + broken
                + "'");
        String other = due(HOURLY, Map.of());
        VertxContextSupport.subscribeAndAwait(() -> fires.fireDue(1));
        fire(other);
        runs(other).body("count", equalTo(1));
        runs(broken).body("count", equalTo(0));
        assertEquals("true", text("select (next_fire_at < now())::text from plan where id = '" + broken + "'"));
        sql("update plan set next_fire_at = null where id = '" + broken + "'");
    }

    @Test
    void aRequestForARunDoesWithTheRunBeforeWhatThePlanSays() throws SQLException {
        String allows = create(container, NOW, Map.of("overlap", "allow"));
        String beside = activeRun(allows);
        tenant.request().post("/plans/" + allows + "/run").then().statusCode(200);
        assertEquals("true", text("select (cancel_requested_at is null)::text from run where id = '" + beside + "'"));
        String replaces = create(container, NOW, Map.of("overlap", "replace"));
        String replaced = activeRun(replaces);
        tenant.request().post("/plans/" + replaces + "/run").then().statusCode(200);
        assertEquals(
                "true", text("select (cancel_requested_at is not null)::text from run where id = '" + replaced + "'"));
        runs(replaces).body("items.state", hasItem("pending"));
    }

    /** What the tests do while somebody is about to halt the organisation, or not. */
    interface Deed {
        void run() throws SQLException;
    }

    private void whileNothingIsFired(Deed deed) throws SQLException {
        try (Connection somebody = database.getConnection()) {
            somebody.setAutoCommit(false);
            somebody.createStatement()
                    .execute("update organization set halted_at = null where id = '" + tenant.id() + "'");
            deed.run();
            somebody.rollback();
        }
    }

    private void dueSinceTheHour(String plan) throws SQLException {
        sql("update plan set next_fire_at = date_trunc('hour', now()) where id = '" + plan + "'");
    }

    private String nextFire(String plan) throws SQLException {
        return text("select coalesce(next_fire_at::text, 'none') from plan where id = '" + plan + "'");
    }

    private double counted(String reason) {
        return metrics.get("reliably.fires.missed")
                .tag("reason", reason)
                .counter()
                .count();
    }

    private int countOfRuns(String plan) {
        return runs(plan).extract().path("count");
    }

    private String due(Map<String, Object> schedule, Map<String, Object> policies) throws SQLException {
        String plan = create(container, schedule, policies);
        sql("update plan set next_fire_at = '" + NOON + "' where id = '" + plan + "'");
        return plan;
    }

    private String create(String deployment, Map<String, Object> schedule, Map<String, Object> policies) {
        return tenant.create("/plans", body(deployment, schedule, policies)).path("id");
    }

    private void update(String plan, String deployment, Map<String, Object> schedule) {
        tenant.request()
                .body(body(deployment, schedule, Map.of()))
                .put("/plans/" + plan)
                .then()
                .statusCode(200);
    }

    private Map<String, Object> body(String deployment, Map<String, Object> schedule, Map<String, Object> policies) {
        Map<String, Object> body = new HashMap<>();
        body.put("deployment", Map.of("deployment_id", deployment));
        body.put("schedule", schedule);
        body.put("experiments", List.of(experiment));
        body.put("policies", policies);
        return body;
    }

    private int fire(String plan) throws Throwable {
        return VertxContextSupport.subscribeAndAwait(() -> fires.fire(UUID.fromString(plan), NOON));
    }

    private ValidatableResponse runs(String plan) {
        return tenant.request().get("/plans/" + plan + "/runs?limit=100").then().statusCode(200);
    }

    private ValidatableResponse missed(String plan) {
        return tenant.request()
                .get("/runs?state=missed&limit=100&plan_id=" + plan)
                .then()
                .statusCode(200);
    }

    /** A run that another server has. */
    private String activeRun(String plan) throws SQLException {
        String id = UUID.randomUUID().toString();
        sql(
                "insert into run (id, org_id, plan_id, deployment_id, state, trigger, created_at, owner, lease_until) select '"
                        + id + "', org_id, id, deployment_id, 'running', 'engine', now(), 'another server',"
                        + " now() + interval '1 day' from plan where id = '" + plan + "'");
        return id;
    }

    private void sql(String command) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(command);
        }
    }

    private String text(String query) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
