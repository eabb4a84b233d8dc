package com.reliably.run;

import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.notNullValue;

import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import com.reliably.testing.TestRuns;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which runs a list has, and what one of them says of its way. */
@ApiTest
class RunFilterTest {

    @Inject
    DataSource database;

    Tenant tenant;
    TestRuns some;
    TestRuns others;
    UUID running;
    UUID failed;
    UUID lost;
    UUID other;

    @BeforeEach
    void newRuns() {
        tenant = Tenant.create();
        some = new TestRuns(database, tenant);
        others = new TestRuns(database, tenant);
        running = some.running();
        failed = some.running();
        some.end(failed, "failed", 2, "It broke.");
        lost = some.running();
        some.end(lost, "lost", null, "Nobody knows.");
        other = others.running();
        some.execute("update run set created_at = '2020-02-29T12:00:00Z', owner = 'elsewhere' where id = ?", lost);
        some.execute("update run set trigger = 'api' where id = ?", other);
    }

    @Test
    void everyFilterFindsItsOwn() {
        Map<String, List<UUID>> expected = Map.ofEntries(
                Map.entry("", List.of(running, failed, lost, other)),
                Map.entry("plan_id=" + some.planId(), List.of(running, failed, lost)),
                Map.entry("deployment_id=" + others.deploymentId(), List.of(other)),
                Map.entry("state=running", List.of(running, other)),
                Map.entry("state=failed&state=lost", List.of(failed, lost)),
                Map.entry("trigger=api", List.of(other)),
                Map.entry("owner=elsewhere", List.of(lost)),
                Map.entry("from=2020-02-29T12:00:00Z&to=2020-03-01", List.of(lost)),
                Map.entry("to=2020-02-29T12:00:00Z", List.of()),
                Map.entry("from=2020-02-29T13:00:00%2B00:30", List.of(running, failed, other)),
                Map.entry("state=running&trigger=engine&plan_id=" + some.planId(), List.of(running)),
                Map.entry("plan_id=" + UUID.randomUUID(), List.of()));
        expected.forEach((query, found) -> tenant.request()
                .urlEncodingEnabled(false)
                .get("/runs?limit=100&" + query)
                .then()
                .statusCode(200)
                .body("count", is(found.size()))
                .body(
                        "items.id",
                        containsInAnyOrder(found.stream().map(UUID::toString).toArray())));
    }

    @Test
    void whatMakesNoSenseIsRefusedByName() {
        Map<String, String> wrong = Map.of(
                "plan_id", "1",
                "deployment_id", "x",
                "state", "RUNNING",
                "trigger", "cron",
                "from", "yesterday",
                "to", "2020-13-01",
                "owner", "%00");
        wrong.forEach((parameter, value) -> tenant.request()
                .urlEncodingEnabled(false)
                .get("/runs?" + parameter + "=" + value)
                .then()
                .statusCode(422)
                .body("detail", hasSize(1))
                .body("detail[0].loc", equalTo(List.of("query", parameter))));
        tenant.request()
                .get("/runs?from=2020-01-02&to=2020-01-01")
                .then()
                .statusCode(422)
                .body("detail[0].loc", equalTo(List.of("query", "to")));
        tenant.request()
                .get("/runs?state=running&state=x")
                .then()
                .statusCode(422)
                .body("detail[0].loc", equalTo(List.of("query", "state")));
    }

    @Test
    void theHistorySaysWhenAndWhy() {
        tenant.request()
                .get("/runs/" + failed)
                .then()
                .statusCode(200)
                .body("history.from", equalTo(java.util.Arrays.asList(null, "running")))
                .body("history.to", equalTo(List.of("running", "failed")))
                .body("history.at", everyItem(notNullValue()))
                .body("history.cause", equalTo(List.of("engine", "It broke.")));
    }
}
