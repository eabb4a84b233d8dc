package com.reliably.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.reliably.testing.ApiTest;
import com.reliably.testing.RowLocks;
import com.reliably.testing.Tenant;
import com.reliably.testing.TestRuns;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The list of plans by their last execution, whoever stores and deletes executions: here it is plain SQL, as of an older server. */
@ApiTest
class LastExecutionOrderTest {

    @Inject
    DataSource database;

    Tenant tenant;
    String deployment;
    String experiment;

    @BeforeEach
    void newTenant() {
        tenant = Tenant.create();
        deployment = tenant.deployment(Map.of("type", "noop"));
        experiment = experiment();
    }

    @Test
    void thePlanThatWasExecutedLastComesFirst() throws SQLException {
        String first = plan();
        String second = plan();
        String third = plan();
        assertOrder(third, second, first);
        executed(first, 30, experiment);
        assertOrder(first, third, second);
        UUID latest = executed(second, 20, experiment);
        // What is stored late is not the latest for that.
        executed(second, 60, experiment);
        assertOrder(second, first, third);
        tenant.request()
                .delete("/experiments/" + experiment + "/executions/" + latest)
                .then()
                .statusCode(200);
        assertOrder(first, second, third);
        tenant.request().delete("/plans/" + first).then().statusCode(200);
        assertOrder(second, third);
        executed(first, 1, experiment);
        assertOrder(second, third);
    }

    @Test
    void whatIsDeletedWithItsExperimentDoesNotCount() throws SQLException {
        String first = plan();
        String second = plan();
        String other = experiment();
        executed(first, 30, experiment);
        executed(second, 20, other);
        executed(second, 40, experiment);
        assertOrder(second, first);
        try (Connection connection = database.getConnection()) {
            TestRuns.execute(connection, "delete from experiment where id = ?", UUID.fromString(other));
        }
        assertOrder(first, second);
    }

    @Test
    void whatIsStoredWhileTheLatestIsDeletedCounts() throws SQLException {
        String executed = plan();
        String beside = plan();
        UUID latest = executed(executed, 30, experiment);
        executed(executed, 60, experiment);
        executed(beside, 50, experiment);
        // By a server whose clock is behind.
        RowLocks.meanwhile(
                database,
                storing -> store(storing, UUID.randomUUID(), executed, 40, experiment),
                () -> {
                    try (Connection deleting = database.getConnection()) {
                        TestRuns.execute(deleting, "delete from execution where id = ?", latest);
                    }
                },
                storing -> {});
        assertOrder(executed, beside);
    }

    private void assertOrder(String... plans) {
        assertEquals(
                List.of(plans),
                tenant.request().get("/plans?sort=last").jsonPath().getList("items.id"));
    }

    private String experiment() {
        return tenant.create(
                        "/experiments",
                        Map.of("definition", Map.of("title", "e", "description", "n/a", "method", List.of())))
                .path("id");
    }

    private String plan() {
        return tenant.create(
                        "/plans",
                        Map.of(
                                "deployment", Map.of("deployment_id", deployment),
                                "schedule", Map.of("type", "cron", "pattern", "0 0 1 1 *"),
                                "experiments", List.of(experiment)))
                .path("id");
    }

    private UUID executed(String plan, int minutesAgo, String ofExperiment) throws SQLException {
        UUID id = UUID.randomUUID();
        try (Connection connection = database.getConnection()) {
            store(connection, id, plan, minutesAgo, ofExperiment);
        }
        return id;
    }

    private void store(Connection connection, UUID id, String plan, int minutesAgo, String ofExperiment)
            throws SQLException {
        TestRuns.execute(
                connection,
                "insert into execution (id, org_id, experiment_id, plan_id, created_at, state, summary, journal)"
                        + " values (?, ?, ?, ?, now() - ? * interval '1 min', '{\"current\": \"pending\"}', '{}', '{}')",
                id,
                UUID.fromString(tenant.id()),
                UUID.fromString(ofExperiment),
                UUID.fromString(plan),
                minutesAgo);
    }
}
