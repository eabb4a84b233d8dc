package com.reliably.run;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.anyOf;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.lessThan;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import io.restassured.path.json.JsonPath;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a tenant's backlog costs the others: tens of thousands of pending runs beside a few. The runs are of a type that no
 * server has, of organizations that are halted, so that only these tests claim them, in transactions that are rolled back.
 */
@ApiTest
class BacklogTest {

    private static final int BACKLOG = 30_000;

    @Inject
    DataSource database;

    Tenant loud;
    String type;

    @BeforeEach
    void newTenant() throws SQLException {
        loud = halted();
        // Types are tags of metrics, which have nothing of an id.
        type = "of test " + Long.toHexString(ThreadLocalRandom.current().nextLong());
    }

    @Test
    void theFirstRunsOfABacklogAreFoundWithoutReadingIt() throws SQLException {
        List<String> plans = plans(loud, 3, "forbid");
        for (String plan : plans) {
            backlog(plan, BACKLOG / plans.size());
        }
        try (Connection connection = released()) {
            JsonPath explained = new JsonPath(String.join("\n", rows(connection, explain(claim(100, Map.of())))));
            assertEquals(3, explained.getInt("[0].Plan.'Actual Rows'"));
            int pages = explained.getInt("[0].Plan.'Shared Hit Blocks'")
                    + explained.getInt("[0].Plan.'Shared Read Blocks'");
            assertThat(pages, lessThan(3_000));
            assertTrue(seqScans(explained.getMap("[0]")).stream().noneMatch("run"::equals));
            connection.rollback();
        }
    }

    /** Bringing the queue in step is part of it: of so many entries that PostgreSQL may think of joining them with all runs. */
    @Test
    void aClaimOfManyPlansWhoseRunsMayOverlapReadsOnlyTheFirstRunsOfThese() throws SQLException {
        String template = plans(loud, 1, "allow").get(0);
        try (Connection connection = database.getConnection()) {
            execute(
                    connection,
                    "insert into plan (id, org_id, deployment_id, definition, ref, status, overlap, created_at, updated_at,"
                            + " version) select gen_random_uuid(), org_id, deployment_id, definition, ref, status, overlap,"
                            + " now(), now(), 0 from plan, generate_series(1, 99) where id = '" + template + "'");
            for (String plan : rows(connection, "select id from plan where org_id = '" + loud.id() + "'")) {
                execute(
                        connection,
                        "set session_replication_role = replica;"
                                + " insert into run (id, org_id, plan_id, deployment_id, deployment_type, state, trigger,"
                                + " nominal_time, created_at) select gen_random_uuid(), p.org_id, p.id, p.deployment_id, '"
                                + type
                                + "', 'pending', 'schedule', now() - i * interval '1 min', now() - i * interval '1 min'"
                                + " from plan p, generate_series(1, " + BACKLOG / 100 + ") i where p.id = '" + plan
                                + "';"
                                + " set session_replication_role = origin;"
                                + " select run_queue_refresh(array['" + plan + "'::uuid], '{}')");
            }
            execute(connection, "vacuum analyze run");
            execute(connection, "vacuum analyze run_queue");
        }
        try (Connection connection = released()) {
            // As it thinks of a million runs, whatever it thinks of these.
            execute(connection, "alter function run_queue_refresh(uuid[], uuid[]) set enable_nestloop = off");
            assertThat(rows(connection, claim(100, Map.of())), hasSize(100));
            String read = rows(
                            connection,
                            "select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)"
                                    + " from pg_stat_xact_user_tables where relname = 'run'")
                    .get(0);
            assertThat(Integer.parseInt(read), lessThan(5_000));
            connection.rollback();
        }
    }

    @Test
    void whatIsClaimedIsOfThePlansInTurnAndTheirRunsInOrder() throws SQLException {
        List<String> plans = plans(loud, 2, "forbid");
        for (String plan : plans) {
            backlog(plan, 5);
        }
        try (Connection connection = released()) {
            for (int minute = 5; minute > 0; minute--) {
                List<String> taken = rows(connection, claim(100, Map.of()));
                assertThat(taken, hasSize(2));
                assertThat(rows(connection, claim(100, Map.of())), hasSize(0));
                assertThat(
                        rows(
                                connection,
                                "select distinct extract(epoch from now() - nominal_time)::int / 60 from run where id in ("
                                        + quoted(taken) + ")"),
                        equalTo(List.of(Integer.toString(minute))));
                execute(connection, "update run set state = 'failed' where id in (" + quoted(taken) + ")");
            }
            assertThat(rows(connection, claim(100, Map.of())), hasSize(0));
            connection.rollback();
        }
    }

    @Test
    void runsThatMayOverlapAreAllClaimed() throws SQLException {
        String plan = plans(loud, 1, "allow").get(0);
        backlog(plan, 100);
        try (Connection connection = released()) {
            int claimed = 0;
            for (int taken = 1; taken > 0; claimed += taken) {
                taken = rows(connection, claim(100, Map.of())).size();
            }
            assertEquals(100, claimed);
            connection.rollback();
        }
    }

    @Test
    void anOrganizationWithFewRunsComesBeforeOneWithMany() throws SQLException {
        for (String plan : plans(loud, 1, "allow")) {
            backlog(plan, 50);
        }
        Tenant quiet = halted();
        String late = plans(quiet, 1, "forbid").get(0);
        backlog(late, 1);
        try (Connection connection = released()) {
            execute(connection, "update organization set halted_at = null where id = '" + quiet.id() + "'");
            List<String> taken = rows(connection, claim(1, Map.of(UUID.fromString(loud.id()), 4)));
            assertThat(
                    rows(connection, "select plan_id from run where id in (" + quoted(taken) + ")"),
                    equalTo(List.of(late)));
            connection.rollback();
        }
    }

    @Test
    void theQueueFollowsWhateverBecomesOfRunsAndPlans() throws SQLException {
        String plan = plans(loud, 1, "forbid").get(0);
        backlog(plan, 40);
        try (Connection connection = released()) {
            assertThat(queued(connection, plan), hasSize(1));
            execute(connection, "update plan set overlap = 'allow' where id = '" + plan + "'");
            // The one that was the next, and ten of those that were asked for first: it may be one of them.
            assertThat(queued(connection, plan), anyOf(hasSize(10), hasSize(11)));
            execute(
                    connection,
                    "update run set not_before = now() + interval '1 h' where id in ("
                            + quoted(queued(connection, plan)) + ")");
            assertThat(rows(connection, claim(100, Map.of())), hasSize(10));
            execute(connection, "update plan set overlap = 'replace' where id = '" + plan + "'");
            assertThat(queued(connection, plan), hasSize(0));
            execute(
                    connection,
                    "update run set state = 'failed' where state = 'launching' and plan_id = '" + plan + "'");
            assertThat(queued(connection, plan), hasSize(1));
            execute(connection, "delete from run where id in (" + quoted(queued(connection, plan)) + ")");
            assertThat(queued(connection, plan), hasSize(1));
            execute(connection, "delete from run where plan_id = '" + plan + "'");
            assertThat(queued(connection, plan), hasSize(0));
            connection.rollback();
        }
    }

    private Tenant halted() throws SQLException {
        Tenant tenant = Tenant.create();
        try (Connection connection = database.getConnection()) {
            execute(connection, "update organization set halted_at = now() where id = '" + tenant.id() + "'");
        }
        return tenant;
    }

    private List<String> plans(Tenant tenant, int count, String overlap) {
        String deployment = tenant.deployment(Map.of("type", "noop"));
        String experiment = tenant.create(
                        "/experiments",
                        Map.of("definition", Map.of("title", "nothing", "description", "n/a", "method", List.of())))
                .path("id");
        List<String> plans = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            plans.add(tenant.create(
                            "/plans",
                            Map.of(
                                    "deployment", Map.of("deployment_id", deployment),
                                    "schedule", Map.of("type", "cron", "pattern", "0 0 1 1 *"),
                                    "policies", Map.of("overlap", overlap),
                                    "experiments", List.of(experiment)))
                    .path("id"));
        }
        return plans;
    }

    /** A run for each of the minutes that have passed, as if no server had looked after the plan. */
    private void backlog(String plan, int minutes) throws SQLException {
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            // What events and histories hold of them makes no difference here.
            execute(connection, "set local session_replication_role = replica");
            execute(
                    connection,
                    "insert into run (id, org_id, plan_id, deployment_id, deployment_type, state, trigger,"
                            + " nominal_time, created_at) select gen_random_uuid(), p.org_id, p.id, p.deployment_id, '"
                            + type
                            + "', 'pending', 'schedule', now() - i * interval '1 min', now()"
                            + " from plan p, generate_series(1, " + minutes + ") i where p.id = '" + plan + "'");
            execute(connection, "set local session_replication_role = origin");
            execute(connection, "select run_queue_refresh(array['" + plan + "'::uuid], '{}')");
            connection.commit();
        }
    }

    /** A transaction in which the loud tenant's runs can be claimed. */
    private Connection released() throws SQLException {
        Connection connection = database.getConnection();
        connection.setAutoCommit(false);
        execute(connection, "update organization set halted_at = null where id = '" + loud.id() + "'");
        return connection;
    }

    private String claim(int most, Map<UUID, Integer> has) {
        String keys = has.keySet().stream().map(UUID::toString).collect(Collectors.joining(","));
        String values = has.values().stream().map(Object::toString).collect(Collectors.joining(","));
        return ClaimStatement.of(Set.of(type))
                .replace("?1", Integer.toString(most))
                .replace("?2", "'the test'")
                .replace("?3", "60")
                .replace("?4", "'" + type + "'")
                .replace("?5", "''")
                .replace("?6", "'" + keys + "'")
                .replace("?7", "'" + values + "'");
    }

    private static String explain(String statement) {
        return "explain (analyze, buffers, timing off, format json) " + statement;
    }

    private List<String> queued(Connection connection, String plan) throws SQLException {
        return rows(connection, "select run_id from run_queue where plan_id = '" + plan + "'");
    }

    private static String quoted(List<String> ids) {
        return ids.stream().map(id -> "'" + id + "'").collect(Collectors.joining(","));
    }

    /** The tables that a plan reads from their beginning to their end. */
    private static List<String> seqScans(Object node) {
        List<String> found = new ArrayList<>();
        if (node instanceof Map<?, ?> map) {
            if ("Seq Scan".equals(map.get("Node Type"))) {
                found.add(String.valueOf(map.get("Relation Name")));
            }
            map.values().forEach(value -> found.addAll(seqScans(value)));
        } else if (node instanceof List<?> list) {
            list.forEach(value -> found.addAll(seqScans(value)));
        }
        return found;
    }

    private static List<String> rows(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(query)) {
            List<String> rows = new ArrayList<>();
            while (result.next()) {
                rows.add(result.getString(1));
            }
            return rows;
        }
    }

    private static void execute(Connection connection, String statement) throws SQLException {
        try (Statement any = connection.createStatement()) {
            any.execute(statement);
        }
    }
}
