package com.reliably.halt;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.nullValue;

import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The stop button. That it ends real processes is seen in HaltIT. */
@ApiTest
class HaltApiTest {

    @Inject
    DataSource database;

    Tenant tenant;
    String experiment;

    @BeforeEach
    void newTenant() {
        tenant = Tenant.create();
        experiment = tenant.create(
                        "/experiments",
                        Map.of("definition", Map.of("title", "nothing", "description", "n/a", "method", List.of())))
                .path("id");
    }

    @Test
    void anOrganizationIsNotHaltedUntilSomebodyHaltsIt() {
        tenant.request().get("/halt").then().statusCode(200).body("halted", equalTo(false));
    }

    @Test
    void itSaysSoUntilItIsReleased() {
        halt("an incident").then().body("halted", equalTo(true)).body("reason", equalTo("an incident"));
        halt("another reason").then().body("reason", equalTo("an incident"));
        tenant.request().get("/halt").then().body("halted", equalTo(true)).body("runs", empty());
        tenant.request().delete("/halt").then().statusCode(200).body("halted", equalTo(false));
        tenant.request().get("/halt").then().body("halted", equalTo(false)).body("reason", nullValue());
    }

    @Test
    void nothingNewIsStarted() {
        String plan = tenant.create("/plans", nowPlan()).path("id");
        awaitEnd(plan);
        halt("stop");
        tenant.request()
                .post("/plans/" + plan + "/run")
                .then()
                .statusCode(409)
                .body("detail", containsString("halted"));
        tenant.request().body(nowPlan()).post("/plans").then().statusCode(409);
        tenant.request().delete("/halt");
        tenant.request().post("/plans/" + plan + "/run").then().statusCode(200);
    }

    @Test
    void whatIsWaitingEndsAtOnceAndWhatRunsIsToldTo() throws SQLException {
        String plan = tenant.create("/plans", nowPlan()).path("id");
        awaitEnd(plan);
        String waiting = run(plan, "'pending'", "null");
        String running = run(plan, "'running'", "'another server'");
        halt("stop")
                .then()
                .body("runs.find { it.id == '" + waiting + "' }.state", equalTo("pending"))
                .body("runs.find { it.id == '" + running + "' }.state", equalTo("running"));
        tenant.request().get("/runs/" + waiting).then().body("state", equalTo("cancelled"));
        sql("select 1 / count(*) from run where cancel_requested_at is not null and id = '" + running + "'");
        sql("delete from run where id = '" + running + "'");
    }

    @Test
    void clientsThatWereStartedElsewhereAreToldToTerminate() {
        String before = execution();
        halt("stop").then().body("executions", hasItem(before));
        state(before, "terminate");
        state(execution(), "terminate");
        tenant.request().delete("/halt");
        state(execution(), "pending");
    }

    @Test
    void anotherOrganizationGoesOn() {
        halt("stop");
        tenant = Tenant.create();
        tenant.request().get("/halt").then().body("halted", equalTo(false));
    }

    private io.restassured.response.Response halt(String reason) {
        io.restassured.response.Response answer =
                tenant.request().body(Map.of("reason", reason)).post("/halt");
        answer.then().statusCode(200);
        return answer;
    }

    private Map<String, Object> nowPlan() {
        return Map.of(
                "deployment",
                        Map.of(
                                "deployment_id",
                                tenant.deployment(Map.of("type", "container", "image", "local/there-is-none:1"))),
                "schedule", Map.of("type", "now"),
                "experiments", List.of(experiment));
    }

    private void awaitEnd(String plan) {
        await().atMost(Duration.ofSeconds(60))
                .until(() -> tenant.request().get("/plans/" + plan + "/runs").path("items[0].ended_at") != null);
    }

    private String execution() {
        return tenant.create(
                        "/experiments/" + experiment + "/executions",
                        Map.of("result", "{\"status\": \"running\"}", "log", ""))
                .path("id");
    }

    private void state(String execution, String expected) {
        tenant.request()
                .get("/experiments/" + experiment + "/executions/" + execution + "/state")
                .then()
                .statusCode(200)
                .body("current", equalTo(expected));
    }

    private String run(String plan, String state, String owner) throws SQLException {
        String id = UUID.randomUUID().toString();
        sql(
                "insert into run (id, org_id, plan_id, deployment_id, state, trigger, created_at, not_before, owner, lease_until)"
                        + " select '" + id + "', org_id, id, deployment_id, " + state
                        + ", 'engine', now(), now() + interval '1 h', "
                        + owner + ", now() + interval '1 h' from plan where id = '" + plan + "'");
        return id;
    }

    private void sql(String statement) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement jdbc = connection.createStatement()) {
            jdbc.execute(statement);
        }
    }
}
