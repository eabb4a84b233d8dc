package com.reliably.plan;

import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasSize;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.run.EngineRuns;
import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import io.quarkus.vertx.VertxContextSupport;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What an organization may have pending, and how it gets rid of it. The backlog is laid without the triggers, so that no server
 * takes any of it up meanwhile.
 */
@ApiTest
class PendingLimitTest {

    private static final int MOST = 20_000;

    @Inject
    PlanFires fires;

    @Inject
    EngineRuns engineRuns;

    @Inject
    DataSource database;

    Tenant tenant;
    String deployment;
    String experiment;
    String backlogged;

    @BeforeEach
    void newTenant() {
        tenant = Tenant.create();
        deployment = tenant.deployment(Map.of("type", "container", "image", "example.invalid/none:1"));
        experiment = tenant.create(
                        "/experiments",
                        Map.of("definition", Map.of("title", "nothing", "description", "n/a", "method", List.of())))
                .path("id");
        backlogged = plan("cron", Map.of()).path("id");
    }

    @Test
    void whatIsOverTheLimitIsMissedOrRefusedUntilThereIsRoom() throws Throwable {
        backlog(MOST - 2);
        String catchesUp = plan("cron", Map.of("catch_up", "all", "catch_up_window_seconds", 604_800))
                .path("id");
        execute("update plan set next_fire_at = '2040-06-01T12:00:00Z' where id = '" + catchesUp + "'");
        Instant now = Instant.parse("2040-06-01T16:10:00Z");
        VertxContextSupport.subscribeAndAwait(() -> fires.fire(UUID.fromString(catchesUp), now));
        tenant.request()
                .get("/runs?plan_id=" + catchesUp + "&state=missed")
                .then()
                .body("items", hasSize(3))
                .body("items.error", everyItem(containsString("RELIABLY_RUNS_MAX_PENDING")));
        // In place of those two, which fail soon.
        backlog(2);
        body("now", Map.of()).post("/plans").then().statusCode(429).body("detail", containsString("pending"));
        tenant.request().delete("/plans/" + backlogged).then().statusCode(200);
        assertEquals("0", pending());
        plan("now", Map.of());
    }

    @Test
    void haltingEndsABacklogAndTellsOfItsFirstThousand() throws SQLException {
        backlog(1_700);
        tenant.request()
                .body(Map.of("reason", "too much"))
                .post("/halt")
                .then()
                .statusCode(200)
                .body("runs", hasSize(1_000));
        assertEquals("0", pending());
        assertEquals(
                "1700",
                text("select count(*) from audit_event where action = 'run.cancel' and org_id = '" + tenant.id()
                        + "'"));
        tenant.request().get("/plans/" + backlogged).then().body("status", equalTo("error"));
    }

    @Test
    void whatAServerLeftPendingThatWentWhileItHaltedDoesNotBeginWithTheRelease() throws SQLException {
        execute("update organization set halted_at = now() where id = '" + tenant.id() + "'");
        backlog(600);
        tenant.request().delete("/halt").then().statusCode(200);
        assertEquals("0", pending());
    }

    /** It goes on whatever is said of it here. */
    @Test
    void whatAnEngineHasBegunIsNeverRefused() throws Throwable {
        backlog(MOST);
        UUID plan = UUID.fromString(plan("cron", Map.of()).path("id"));
        boolean stored = VertxContextSupport.subscribeAndAwait(() -> engineRuns.started(
                UUID.fromString(tenant.id()),
                plan,
                UUID.fromString(deployment),
                "begun by an engine",
                Instant.now(),
                null));
        assertTrue(stored);
        tenant.request().get("/runs?plan_id=" + plan).then().body("items.trigger", equalTo(List.of("engine")));
        tenant.request().delete("/plans/" + backlogged).then().statusCode(200);
    }

    private io.restassured.response.Response plan(String schedule, Map<String, Object> policies) {
        var created = body(schedule, policies).post("/plans");
        created.then().statusCode(201);
        return created;
    }

    private io.restassured.specification.RequestSpecification body(String schedule, Map<String, Object> policies) {
        return tenant.request()
                .body(Map.of(
                        "deployment",
                        Map.of("deployment_id", deployment),
                        "schedule",
                        schedule.equals("now") ? Map.of("type", "now") : Map.of("type", "cron", "pattern", "0 * * * *"),
                        "policies",
                        policies,
                        "experiments",
                        List.of(experiment)));
    }

    private void backlog(int runs) throws SQLException {
        execute("begin; set local session_replication_role = replica;"
                + " insert into run (id, org_id, plan_id, deployment_id, deployment_type, state, trigger, nominal_time, created_at)"
                + " select gen_random_uuid(), p.org_id, p.id, p.deployment_id, 'container', 'pending', 'schedule',"
                + " now() - i * interval '1 min', now() from plan p, generate_series(1, " + runs + ") i where p.id = '"
                + backlogged + "'; commit");
    }

    private String pending() throws SQLException {
        return text("select count(*) from run where state = 'pending' and org_id = '" + tenant.id() + "'");
    }

    private void execute(String statement) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement any = connection.createStatement()) {
            any.execute(statement);
        }
    }

    private String text(String query) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement any = connection.createStatement();
                ResultSet found = any.executeQuery(query)) {
            found.next();
            return found.getString(1);
        }
    }
}
