package com.reliably.web;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import com.reliably.testing.TestRuns;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lists of thousands: those that are answered whole, and what is read of the tables for a page. */
@ApiTest
class LongListsTest {

    private static final int MANY = 2500;

    /** Deployments, experiments and states among which what a larger organization has is spread. */
    private static final int KINDS = 4;

    private static Tenant tenant;
    private static String deployment;
    private static String experiment;

    /** Has {@value #KINDS} times as much, of which each filter leaves one part: no index serves all of them as well. */
    private static Tenant larger;

    private static List<String> deployments;
    private static List<String> experiments;

    @Inject
    DataSource database;

    /** Once, because the server is needed for it. */
    @BeforeEach
    void fill() throws SQLException {
        if (tenant != null) {
            return;
        }
        Tenant filled = Tenant.create();
        deployment = filled.deployment(Map.of("type", "noop"));
        experiment = experiment(filled, 0);
        Tenant filledMore = Tenant.create();
        deployments = IntStream.range(0, KINDS)
                .mapToObj(i -> filledMore.deployment(Map.of("type", "noop")))
                .toList();
        experiments = IntStream.range(0, KINDS)
                .mapToObj(i -> experiment(filledMore, i))
                .toList();
        try (Connection connection = database.getConnection()) {
            fill(connection, filled, List.of(deployment), List.of(experiment));
            fill(connection, filledMore, deployments, experiments);
            for (String table :
                    List.of("experiment", "plan", "plan_last_execution", "plan_experiment", "execution", "run")) {
                TestRuns.execute(connection, "vacuum analyze " + table);
            }
        }
        larger = filledMore;
        tenant = filled;
    }

    private static String experiment(Tenant owner, int number) {
        return owner.create(
                        "/experiments",
                        Map.of("definition", Map.of("title", "t" + number, "description", "n/a", "method", List.of())))
                .path("id");
    }

    /** {@value #MANY} of everything for each deployment; the first of as many states as there are deployments is looked for. */
    private static void fill(Connection connection, Tenant owner, List<String> deployments, List<String> experiments)
            throws SQLException {
        UUID org = UUID.fromString(owner.id());
        int kinds = deployments.size();
        int all = MANY * kinds;
        String deploymentOfRow = "(array['" + String.join("', '", deployments) + "'])[i % " + kinds + " + 1]::uuid";
        String experimentOfRow = "(array['" + String.join("', '", experiments) + "'])[row % " + kinds + " + 1]::uuid";
        TestRuns.execute(
                connection,
                "insert into experiment (id, org_id, title, definition, created_at, updated_at, version)"
                        + " select gen_random_uuid(), ?, 't' || i, '{}', now(), now(), 0"
                        + " from generate_series(" + kinds + ", " + (all - 1) + ") i",
                org);
        // Two of each moment, so that the order needs the id.
        TestRuns.execute(
                connection,
                "insert into plan (id, org_id, title, deployment_id, definition, ref, status, created_at,"
                        + " updated_at, version) select gen_random_uuid(), ?, 'p' || i, " + deploymentOfRow + ","
                        + " '{\"schedule\": {\"type\": \"now\"}}', 'r', 'created',"
                        + " now() - (i / 2) * interval '1 millisecond', now(), 0"
                        + " from generate_series(1, " + all + ") i",
                org);
        String numberedPlans =
                "(select *, substr(title, 2)::int as row from plan where org_id = '" + owner.id() + "') p";
        TestRuns.execute(
                connection, "insert into plan_experiment select id, " + experimentOfRow + ", 0 from " + numberedPlans);
        TestRuns.execute(
                connection,
                "insert into execution (id, org_id, experiment_id, plan_id, created_at, finished_at, status, state, summary,"
                        + " journal) select gen_random_uuid(), org_id, " + experimentOfRow + ", id, created_at,"
                        + " case when row % " + kinds + " > 0 then created_at end,"
                        + " case when row % " + kinds + " > 0 then 'completed' else 'failed' end,"
                        + " '{\"current\": \"pending\"}', '{}', '{}' from " + numberedPlans);
        // A run that ends has begun before.
        TestRuns.execute(
                connection,
                "insert into run (id, org_id, plan_id, deployment_id, state, trigger, created_at, owner, lease_until)"
                        + " select gen_random_uuid(), org_id, id, deployment_id,"
                        + " case when row % " + kinds + " > 0 then 'running' else 'missed' end, 'engine', created_at,"
                        + " 'another', now() + interval '1 hour' from " + numberedPlans);
        TestRuns.execute(connection, "update run set state = 'succeeded' where org_id = ? and state = 'running'", org);
    }

    @Test
    void allPlansOfAThingAreListedLatestFirst() throws SQLException {
        List<String> expected =
                ids("select id from plan where org_id = '" + tenant.id() + "' order by created_at desc, id");
        assertEquals(MANY, expected.size());
        for (String path : List.of("/deployments/" + deployment + "/plans", "/experiments/" + experiment + "/plans")) {
            assertEquals(expected, tenant.request().get(path).jsonPath().getList("$"), path);
        }
        tenant.request()
                .get("/experiments/" + experiment + "/plans?pattern=p1234")
                .then()
                .statusCode(200)
                .body("$", hasSize(1));
    }

    @Test
    void allExperimentsAreListedByTitle() {
        var all =
                tenant.request().get("/experiments/all").then().statusCode(200).body("count", equalTo(MANY));
        List<String> titles = all.extract().jsonPath().getList("items.title");
        assertEquals(MANY, titles.size());
        assertEquals(titles.stream().sorted(Comparator.naturalOrder()).toList(), titles);
        all.body("items.find { it.id == '" + experiment + "' }.executions_count", equalTo(MANY));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, 900_000})
    void experimentsAreListedWholeHoweverLargeTheyAre(int length) throws SQLException {
        Tenant other = Tenant.create();
        try (Connection connection = database.getConnection()) {
            TestRuns.execute(
                    connection,
                    "insert into experiment (id, org_id, title, definition, created_at, updated_at, version)"
                            + " select gen_random_uuid(), ?, 't' || i, jsonb_build_object('title', 't' || i, 'x',"
                            + " repeat('x', ?)), now(), now(), 0 from generate_series(1, 7) i",
                    UUID.fromString(other.id()),
                    length);
        }
        var list = other.request()
                .get("/experiments?limit=5")
                .then()
                .statusCode(200)
                .body("count", equalTo(7))
                .body("items.definition.title", equalTo(List.of("t1", "t2", "t3", "t4", "t5")))
                .body("items[4].definition.x.length()", equalTo(length));
        String id = list.extract().path("items[4].id");
        other.request().get("/experiments/" + id).then().statusCode(200).body("definition.x.length()", equalTo(length));
        other.request()
                .get("/experiments/" + id + "/raw")
                .then()
                .statusCode(200)
                .body("title", equalTo("t5"));
        other.request().get("/experiments?page=9").then().statusCode(200).body("items", hasSize(0));
        tenant.request().get("/experiments/" + id).then().statusCode(404);
        tenant.request().get("/experiments/" + id + "/raw").then().statusCode(404);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/plans?sort=creation",
                "/plans?sort=title",
                "/plans?sort=next",
                "/plans?sort=last",
                "/experiments?a",
                "/experiments/summary?a",
                "/executions?a",
                "/runs?a",
                "/runs?state=missed"
            })
    void pagesAreWholeAndWithoutRepetition(String list) {
        List<String> ids = new ArrayList<>();
        for (int page = 1; page <= MANY / 100; page++) {
            // A few near either end are enough.
            if (page < 3 || page > MANY / 100 - 2) {
                ids.addAll(tenant.request()
                        .get(list + "&limit=100&page=" + page)
                        .then()
                        .statusCode(200)
                        .body("count", equalTo(MANY))
                        .body("items", hasSize(100))
                        .extract()
                        .jsonPath()
                        .getList("items.id"));
            }
        }
        assertEquals(ids.size(), new HashSet<>(ids).size(), "an item on two pages");
    }

    /** What the server asks for to count a list, and to find a page that is far away. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "select count(*) from plan where org_id = :org and deleted_at is null",
                "select id from plan where org_id = :org and deleted_at is null order by created_at desc, id",
                "select id from plan where org_id = :org and deleted_at is null"
                        + " order by lower(title) nulls last, created_at desc, id",
                "select id from plan where org_id = :org and deleted_at is null"
                        + " order by next_fire_at nulls last, created_at desc, id",
                "select plan_id from plan_last_execution where org_id = :org"
                        + " order by last_execution_at desc nulls last, created_at desc, plan_id",
                "select count(*) from plan_last_execution where org_id = :org",
                "select id, created_at from plan where org_id = :org and deleted_at is null and deployment_id = :deployment"
                        + " order by created_at desc, id",
                "select count(*) from experiment where org_id = :org",
                "select id from experiment where org_id = :org order by title, id",
                "select count(*) from execution where org_id = :org",
                "select id from execution where org_id = :org order by created_at desc, id",
                "select id from execution where org_id = :org and experiment_id = :experiment order by created_at desc, id",
                "select id from execution where org_id = :org and status = 'failed' order by created_at desc, id",
                "select id from execution where org_id = :org and finished_at is null order by created_at desc, id",
                "select count(*) from run where org_id = :org",
                "select id from run where org_id = :org order by created_at desc, id",
                "select id from run where org_id = :org and state = 'missed' order by created_at desc, id",
                "select id from run where org_id = :org and deployment_id = :deployment order by created_at desc, id",
            })
    void indexesAnswerWithoutSortingOrReadingTheTable(String sql) throws SQLException {
        String statement = sql.replace(":org", "'" + larger.id() + "'")
                .replace(":deployment", "'" + deployments.get(0) + "'")
                .replace(":experiment", "'" + experiments.get(0) + "'");
        // The table is small beside a real one, so that reading all of it may seem cheap.
        String plan = String.join(
                "\n", rows("explain " + statement + (sql.contains("count") ? "" : " limit 100 offset 2000"), true));
        assertThat(plan, containsString("Index Only Scan"));
        assertThat(plan, not(containsString("Sort")));
        assertThat(plan, not(containsString("Seq Scan")));
    }

    private List<String> ids(String sql) throws SQLException {
        return rows(sql, false);
    }

    private List<String> rows(String sql, boolean withoutTables) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("set enable_seqscan = " + (withoutTables ? "off" : "on"));
            statement.execute("set enable_bitmapscan = " + (withoutTables ? "off" : "on"));
            statement.execute("set enable_sort = " + (withoutTables ? "off" : "on"));
            try (ResultSet found = statement.executeQuery(sql)) {
                while (found.next()) {
                    rows.add(found.getString(1));
                }
            }
            statement.execute("reset enable_sort");
            statement.execute("reset enable_seqscan");
            statement.execute("reset enable_bitmapscan");
        }
        return rows;
    }
}
