package com.reliably.plan;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.either;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import io.quarkus.vertx.VertxContextSupport;
import io.restassured.response.ValidatableResponse;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Fires at moments of the test's choice, years ahead, so that the server's own scheduler has nothing to do with them. The
 * deployment is one that the server would start, with an image that does not exist.
 */
@ApiTest
class PlanFiresTest {

    static final String HOURLY = "0 * * * *";

    @Inject
    PlanFires fires;

    @Inject
    DataSource database;

    Tenant tenant;
    String deployment;
    String experiment;

    @BeforeEach
    void newTenant() {
        tenant = Tenant.create();
        deployment = tenant.deployment(Map.of("type", "container", "image", "example.invalid/none:1"));
        experiment = tenant.create(
                        "/experiments",
                        Map.of(
                                "definition",
                                Map.of("title", "nothing happens", "description", "n/a", "method", List.of())))
                .path("id");
    }

    @Test
    void aDuePlanIsRunOnceForItsNominalTime() throws Throwable {
        UUID plan = cronPlan(HOURLY);
        dueAt(plan, at("12:00"));
        fire(plan, at("12:00").plusMillis(300));
        fire(plan, at("12:00").plusMillis(900));
        runs(plan)
                .body("count", equalTo(1))
                .body("items[0].trigger", equalTo("schedule"))
                .body("items[0].nominal_time", equalTo("2040-06-01T12:00:00.000000Z"))
                .body("items[0].state", not(equalTo("missed")));
        assertEquals(at("13:00"), nextFireOf(plan));
    }

    @Test
    void twoServersFireOnlyOnce() throws Exception {
        UUID plan = cronPlan(HOURLY);
        dueAt(plan, at("12:00"));
        ExecutorService servers = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Void>> calls = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                calls.add(() -> {
                    try {
                        fire(plan, at("12:00"));
                        return null;
                    } catch (Throwable e) {
                        throw new IllegalStateException(e);
                    }
                });
            }
            for (Future<Void> call : servers.invokeAll(calls)) {
                call.get();
            }
        } finally {
            servers.shutdown();
        }
        runs(plan).body("count", equalTo(1));
    }

    @Test
    void aFireThatIsTooLateIsMissedWithTheReason() throws Throwable {
        UUID plan = cronPlan(HOURLY);
        dueAt(plan, at("10:00"));
        fire(plan, at("12:30"));
        runs(plan)
                .body("items.state", equalTo(List.of("missed", "missed", "missed")))
                .body("items.nominal_time", hasItem("2040-06-01T10:00:00.000000Z"))
                .body("items.error", everyItem(containsString("catch-up window of 10 minutes")));
        assertEquals(at("13:00"), nextFireOf(plan));
    }

    @Test
    void ofSeveralThatAreDueOnlyTheLatestIsRun() throws Throwable {
        UUID plan = cronPlan("*/5 * * * *");
        dueAt(plan, at("12:00"));
        fire(plan, at("12:06"));
        runs(plan).body("count", equalTo(2));
        runs(plan, "missed")
                .body("items.nominal_time", contains("2040-06-01T12:00:00.000000Z"))
                .body("items[0].error", containsString("only the latest"));
    }

    @Test
    void aYearOfMissedFiresIsNotRecordedOneByOne() throws Throwable {
        UUID plan = cronPlan("* * * * *");
        dueAt(plan, at("12:00").minus(Duration.ofDays(365)));
        fire(plan, at("12:00").plusSeconds(1));
        // A hundred that were too late, nine in the window, and the run.
        runs(plan).body("count", equalTo(110));
        assertThat(errorsOf(plan), hasItem(containsString("only the first 100 are recorded")));
        assertEquals(at("12:01"), nextFireOf(plan));
    }

    @Test
    void aFireIsMissedWhileTheRunBeforeItHasNotEnded() throws Throwable {
        UUID plan = cronPlan(HOURLY);
        insertActiveRun(plan);
        dueAt(plan, at("12:00"));
        fire(plan, at("12:00"));
        runs(plan, "missed")
                .body("items", hasSize(1))
                .body("items[0].error", equalTo("The run before it had not ended."));
        status(plan, "created");
    }

    @Test
    void aSuspendedOrDeletedPlanIsNeverDue() throws Throwable {
        UUID suspended = cronPlan(HOURLY);
        UUID deleted = cronPlan(HOURLY);
        UUID resumed = cronPlan(HOURLY);
        tenant.request().post("/plans/" + suspended + "/suspend").then().statusCode(200);
        tenant.request().delete("/plans/" + deleted).then().statusCode(200);
        tenant.request().post("/plans/" + resumed + "/suspend").then().statusCode(200);
        tenant.request().post("/plans/" + resumed + "/resume").then().statusCode(200);
        assertNull(nextFireOf(suspended));
        assertNull(nextFireOf(deleted));
        assertThat(Duration.between(Instant.now(), nextFireOf(resumed)), lessThanOrEqualTo(Duration.ofHours(1)));
        assertEquals(1, fire(resumed, at("12:00")));
        assertEquals(0, fire(suspended, at("12:00")));
        assertEquals(0, fire(deleted, at("12:00")));
    }

    @Test
    void whatFellIntoASuspensionIsMissed() throws Throwable {
        UUID plan = cronPlan("* * * * *");
        tenant.request().post("/plans/" + plan + "/suspend").then().statusCode(200);
        sql("update plan set suspended_at = now() - interval '150 s' where id = '" + plan + "'");
        tenant.request().post("/plans/" + plan + "/resume").then().statusCode(200);
        runs(plan, "missed").body("items.error", everyItem(equalTo("The plan was suspended.")));
        assertThat(countOfRuns(plan), either(equalTo(2)).or(equalTo(3)));
        assertThat(Duration.between(Instant.now(), nextFireOf(plan)), lessThanOrEqualTo(Duration.ofMinutes(1)));
    }

    @Test
    void aFireOfAHaltedOrganizationIsMissed() throws Throwable {
        UUID plan = cronPlan(HOURLY);
        dueAt(plan, at("12:00"));
        tenant.request()
                .body(Map.of("reason", "an incident"))
                .post("/halt")
                .then()
                .statusCode(200);
        fire(plan, at("12:00"));
        runs(plan, "missed").body("items.error", contains("The organization was halted: an incident"));
        assertEquals(at("13:00"), nextFireOf(plan));
    }

    @Test
    void aPlanThatCatchesUpWithAllGetsARunForEach() throws Throwable {
        UUID plan = cronPlan("*/5 * * * *", Map.of("catch_up", "all", "catch_up_window_seconds", 3600));
        insertActiveRun(plan);
        dueAt(plan, at("12:00"));
        fire(plan, at("12:18"));
        runs(plan, "pending").body("items.nominal_time", hasSize(4));
    }

    @Test
    void aPlanThatCatchesUpWithNoneMissesWhatIsLate() throws Throwable {
        UUID plan = cronPlan(HOURLY, Map.of("catch_up", "none"));
        dueAt(plan, at("12:00"));
        fire(plan, at("12:05"));
        runs(plan, "missed").body("items.error", contains(containsString("does not catch up")));
    }

    @Test
    void aFireMayRunBesideTheRunBefore() throws Throwable {
        UUID plan = cronPlan(HOURLY, Map.of("overlap", "allow"));
        insertActiveRun(plan);
        dueAt(plan, at("12:00"));
        fire(plan, at("12:00"));
        runs(plan).body("count", equalTo(2));
        runs(plan, "missed").body("count", equalTo(0));
    }

    @Test
    void aFireMayTakeThePlaceOfTheRunBefore() throws Throwable {
        UUID plan = cronPlan(HOURLY, Map.of("overlap", "replace"));
        insertActiveRun(plan);
        dueAt(plan, at("12:00"));
        fire(plan, at("12:00"));
        runs(plan, "pending").body("items.nominal_time", contains("2040-06-01T12:00:00.000000Z"));
        assertEquals(
                "1",
                text("select count(*) from run where plan_id = '" + plan + "' and cancel_requested_at is not null"));
    }

    @Test
    void thousandsThatAreDueGetOneRunEachWhoeverFiresThem() throws Exception {
        deployment = tenant.deployment(Map.of("type", "noop"));
        UUID plan = cronPlan("0 0 1 1 *");
        sql("insert into plan (id, org_id, title, deployment_id, definition, ref, status, cron_pattern, cron_timezone,"
                + " next_fire_at, created_at, updated_at, version) select gen_random_uuid(), org_id, 'copy of " + plan
                + "', deployment_id, definition, ref, status, cron_pattern, cron_timezone, now() - interval '1 s', now(),"
                + " now(), 0 from plan, generate_series(1, 2000) where id = '" + plan + "'");
        ExecutorService servers = Executors.newFixedThreadPool(3);
        try {
            List<Callable<Void>> calls = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                calls.add(() -> {
                    int due;
                    do {
                        due = awaitUnchecked(() -> fires.fireDue(100));
                    } while (due > 0);
                    return null;
                });
            }
            for (Future<Void> call : servers.invokeAll(calls)) {
                call.get();
            }
        } finally {
            servers.shutdown();
        }
        String ofCopies = " from run join plan on plan.id = run.plan_id where plan.title = 'copy of " + plan + "'";
        org.awaitility.Awaitility.await().atMost(Duration.ofMinutes(3)).until(() -> text("select count(*)" + ofCopies
                        + " and run.ended_at is not null")
                .equals("2000"));
        assertEquals("2000", text("select count(distinct plan_id)" + ofCopies));
        assertEquals("2000", text("select count(*)" + ofCopies + " and run.state = 'succeeded'"));
    }

    @Test
    void policiesAreShownAsTheyWereGivenAndHaveDefaults() {
        tenant.request()
                .get("/plans/" + cronPlan(HOURLY))
                .then()
                .body("definition.policies.catch_up", equalTo("latest"))
                .body("definition.policies.overlap", equalTo("forbid"))
                .body("definition.policies.timeout_seconds", equalTo(null))
                .body("definition.policies.launch_retries", equalTo(0));
        UUID plan = cronPlan(HOURLY, Map.of("overlap", "allow", "timeout_seconds", 60, "launch_retries", 2));
        tenant.request()
                .get("/plans/" + plan)
                .then()
                .body("definition.policies.overlap", equalTo("allow"))
                .body("definition.policies.timeout_seconds", equalTo(60))
                .body("definition.policies.launch_retries", equalTo(2));
    }

    @Test
    void aPolicyThatMeansNothingIsNamed() {
        Map<String, Object> plan = new HashMap<>(body(HOURLY, "a plan"));
        plan.put("policies", Map.of("timeout_seconds", 0, "launch_retries", 11));
        tenant.request()
                .body(plan)
                .post("/plans")
                .then()
                .statusCode(422)
                .body("detail.loc", hasItem(List.of("body", "policies", "timeout_seconds")))
                .body("detail.loc", hasItem(List.of("body", "policies", "launch_retries")));
        plan.put("policies", Map.of("overlap", "perhaps"));
        tenant.request()
                .body(plan)
                .post("/plans")
                .then()
                .statusCode(422)
                .body("detail.loc", hasItem(List.of("body", "policies", "overlap")));
    }

    @Test
    void aManualPlanIsNeverDueWhateverItsSchedule() throws SQLException {
        for (Map<String, Object> definition : List.<Map<String, Object>>of(
                Map.of("type", "reliably_cli", "mode", "manual"),
                Map.of("type", "github", "repo", "https://github.com/acme/chaos", "token", "x"))) {
            deployment = tenant.deployment(definition);
            assertNull(nextFireOf(cronPlan(HOURLY)), definition.toString());
        }
    }

    @Test
    void aPlanIsFiredAsLongAsItsDeploymentIsOneThatTheServerStarts() throws SQLException {
        UUID plan = cronPlan(HOURLY);
        dueAt(plan, at("12:00"));
        updateDeployment(Map.of("type", "container", "image", "example.invalid/none:2"));
        assertEquals(at("12:00"), nextFireOf(plan));
        updateDeployment(Map.of("type", "reliably_cli", "mode", "manual"));
        assertNull(nextFireOf(plan));
        updateDeployment(Map.of("type", "container", "image", "example.invalid/none:3"));
        assertThat(Duration.between(Instant.now(), nextFireOf(plan)), lessThanOrEqualTo(Duration.ofHours(1)));
    }

    @Test
    void anUpdateOfTheTitleDoesNotLoseADueFire() throws SQLException {
        UUID plan = cronPlan(HOURLY);
        dueAt(plan, at("12:00"));
        tenant.request()
                .body(body(HOURLY, "another"))
                .put("/plans/" + plan)
                .then()
                .statusCode(200);
        assertEquals(at("12:00"), nextFireOf(plan));
        tenant.request()
                .body(body("30 * * * *", "another"))
                .put("/plans/" + plan)
                .then()
                .statusCode(200);
        assertThat(Duration.between(Instant.now(), nextFireOf(plan)), lessThanOrEqualTo(Duration.ofHours(1)));
    }

    @Test
    void theServerFiresByItself() throws SQLException {
        UUID plan = cronPlan("0 0 1 1 *");
        Instant due = Instant.now().minusSeconds(1);
        dueAt(plan, due);
        Instant deadline = Instant.now().plusSeconds(60);
        while (countOfRuns(plan) == 0) {
            if (Instant.now().isAfter(deadline)) {
                throw new AssertionError("not fired within a minute");
            }
        }
        runs(plan).body("count", equalTo(1));
    }

    @Test
    void aPlanForNowIsRunAtOnceAndSaysWhyItCouldNotBe() {
        String plan = tenant.create("/plans", nowPlan())
                .then()
                .body("status", equalTo("creating"))
                .extract()
                .path("id");
        runs(UUID.fromString(plan)).body("count", equalTo(1)).body("items[0].trigger", equalTo("api"));
        Instant deadline = Instant.now().plusSeconds(60);
        while (tenant.request().get("/plans/" + plan).path("status").equals("creating")) {
            if (Instant.now().isAfter(deadline)) {
                throw new AssertionError("no status within a minute");
            }
        }
        tenant.request()
                .get("/plans/" + plan)
                .then()
                .body("status", equalTo("creation error"))
                .body("error", not(equalTo(null)));
    }

    @Test
    void aPlanIsNotRunTwiceAtATime() throws SQLException {
        String plan = tenant.create("/plans", nowPlan()).path("id");
        insertActiveRun(UUID.fromString(plan));
        tenant.request()
                .post("/plans/" + plan + "/run")
                .then()
                .statusCode(409)
                .body("detail", containsString("has not ended"));
    }

    private void updateDeployment(Map<String, Object> definition) {
        tenant.request()
                .body(Map.of("name", "d-" + UUID.randomUUID(), "definition", definition))
                .put("/deployments/" + deployment)
                .then()
                .statusCode(200);
    }

    private Map<String, Object> nowPlan() {
        return Map.of(
                "deployment", Map.of("deployment_id", deployment),
                "schedule", Map.of("type", "now"),
                "experiments", List.of(experiment));
    }

    private UUID cronPlan(String pattern) {
        return UUID.fromString(tenant.create("/plans", body(pattern, "a plan")).path("id"));
    }

    private UUID cronPlan(String pattern, Map<String, Object> policies) {
        Map<String, Object> body = new HashMap<>(body(pattern, "a plan"));
        body.put("policies", policies);
        return UUID.fromString(tenant.create("/plans", body).path("id"));
    }

    private Map<String, Object> body(String pattern, String title) {
        return Map.of(
                "title",
                title,
                "deployment",
                Map.of("deployment_id", deployment),
                "schedule",
                Map.of("type", "cron", "pattern", pattern),
                "experiments",
                List.of(experiment));
    }

    private int fire(UUID plan, Instant now) throws Throwable {
        return await(() -> fires.fire(plan, now));
    }

    private static <T> T awaitUnchecked(Supplier<Uni<T>> deed) {
        try {
            return await(deed);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private void sql(String statement) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement jdbc = connection.createStatement()) {
            jdbc.execute(statement);
        }
    }

    private String text(String select) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement jdbc = connection.createStatement();
                ResultSet found = jdbc.executeQuery(select)) {
            found.next();
            return found.getString(1);
        }
    }

    private static <T> T await(Supplier<Uni<T>> deed) throws Throwable {
        return VertxContextSupport.subscribeAndAwait(deed);
    }

    private ValidatableResponse runs(UUID plan) {
        return tenant.request().get("/plans/" + plan + "/runs?limit=100").then().statusCode(200);
    }

    private ValidatableResponse runs(UUID plan, String state) {
        return tenant.request()
                .get("/runs?limit=100&plan_id=" + plan + "&state=" + state)
                .then()
                .statusCode(200);
    }

    private int countOfRuns(UUID plan) {
        return runs(plan).extract().path("count");
    }

    private List<String> errorsOf(UUID plan) {
        List<String> errors = new ArrayList<>();
        for (int page = 1; page <= 2; page++) {
            errors.addAll(tenant.request()
                    .get("/plans/" + plan + "/runs?limit=100&page=" + page)
                    .path("items.error"));
        }
        return errors;
    }

    private void status(UUID plan, String status) {
        tenant.request().get("/plans/" + plan).then().body("status", equalTo(status));
    }

    private void dueAt(UUID plan, Instant time) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement update =
                        connection.prepareStatement("update plan set next_fire_at = ? where id = ?")) {
            update.setTimestamp(1, Timestamp.from(time));
            update.setObject(2, plan);
            assertEquals(1, update.executeUpdate());
        }
    }

    private Instant nextFireOf(UUID plan) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement("select next_fire_at from plan where id = ?")) {
            select.setObject(1, plan);
            try (ResultSet found = select.executeQuery()) {
                found.next();
                Timestamp time = found.getTimestamp(1);
                return time == null ? null : time.toInstant();
            }
        }
    }

    private void insertActiveRun(UUID plan) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement insert =
                        connection.prepareStatement("insert into run (id, org_id, plan_id, deployment_id,"
                                + " state, trigger, created_at, owner, lease_until) values (?, ?::uuid, ?, ?::uuid, 'running', 'engine',"
                                + " now(), 'another server', now() + interval '1 day')")) {
            insert.setObject(1, UUID.randomUUID());
            insert.setString(2, tenant.id());
            insert.setObject(3, plan);
            insert.setString(4, deployment);
            insert.executeUpdate();
        }
    }

    private static Instant at(String time) {
        return Instant.parse("2040-06-01T" + time + ":00Z");
    }
}
