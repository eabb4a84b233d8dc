package com.reliably.execution;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.lessThan;

import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import com.reliably.testing.TestRuns;
import io.restassured.path.json.JsonPath;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** An organization whose executions are nearly all of one experiment: a page of the others must not read them. */
@ApiTest
class OneBusyExperimentTest {

    private static final int EXECUTIONS = 40_000;

    @Inject
    DataSource database;

    @Test
    void theOthersAreSummarizedWithoutReadingItsExecutions() throws SQLException {
        Tenant tenant = Tenant.create();
        UUID org = UUID.fromString(tenant.id());
        String busy = tenant.create(
                        "/experiments",
                        Map.of("definition", Map.of("title", "a", "description", "n/a", "method", List.of())))
                .path("id");
        try (Connection connection = database.getConnection()) {
            TestRuns.execute(
                    connection,
                    "insert into experiment (id, org_id, title, definition, created_at, updated_at, version)"
                            + " select gen_random_uuid(), ?, 't' || i, '{}', now(), now(), 0 from generate_series(1, 99) i",
                    org);
            // Events of them make no difference here.
            TestRuns.execute(connection, "set session_replication_role = replica");
            TestRuns.execute(
                    connection,
                    "insert into execution (id, org_id, experiment_id, created_at, status, state, summary, journal)"
                            + " select gen_random_uuid(), ?, ?, now() - i * interval '1 s', 'completed',"
                            + " '{\"current\": \"pending\"}', '{}', '{}' from generate_series(1, " + EXECUTIONS + ") i",
                    org,
                    UUID.fromString(busy));
            TestRuns.execute(connection, "set session_replication_role = origin");
            TestRuns.execute(connection, "vacuum analyze execution");
            String ids = String.join(
                    ",", rows(connection, "select id from experiment where org_id = '" + org + "' and title <> 'a'"));
            String explained = String.join(
                    "\n",
                    rows(
                            connection,
                            "explain (analyze, buffers, timing off, format json) "
                                    + ExecutionsByExperiment.HISTORIES
                                            .replace(":ids", "'" + ids + "'")
                                            .replace(":org", "'" + org + "'")
                                            .replace(":depth", "10")));
            JsonPath plan = new JsonPath(explained);
            assertThat(
                    plan.getInt("[0].Plan.'Shared Hit Blocks'") + plan.getInt("[0].Plan.'Shared Read Blocks'"),
                    lessThan(2_000));
        }
        tenant.request()
                .get("/experiments/summary?limit=100")
                .then()
                .statusCode(200)
                .body("items", hasSize(100))
                .body("items.find { it.title == 'a' }.executions_count", equalTo(EXECUTIONS));
    }

    private static List<String> rows(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(query)) {
            List<String> rows = new ArrayList<>();
            while (found.next()) {
                rows.add(found.getString(1));
            }
            return rows;
        }
    }
}
