package com.reliably.run;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.emptyIterable;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.not;

import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What operators see of runs, by scraping the server as Prometheus does. */
@ApiTest
class RunMetricsTest {

    private static final Pattern UUIDS =
            Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", Pattern.CASE_INSENSITIVE);

    @Inject
    DataSource database;

    Tenant tenant;
    String plan;

    @BeforeEach
    void plan() {
        tenant = Tenant.create();
        String experiment = tenant.create(
                        "/experiments",
                        Map.of("definition", Map.of("title", "nothing", "description", "n/a", "method", List.of())))
                .path("id");
        plan = tenant.create(
                        "/plans",
                        Map.of(
                                "deployment",
                                Map.of("deployment_id", tenant.deployment(Map.of("type", "noop"))),
                                "schedule",
                                Map.of("type", "cron", "pattern", "0 0 1 1 *"),
                                "experiments",
                                List.of(experiment)))
                .path("id");
    }

    @Test
    void theDelayOfALaunchCountsFromWhenTheRunWasDueByTheDatabasesClock() throws SQLException {
        String delays = "reliably_run_launch_delay_seconds";
        String tags = "{trigger=\"engine\",type=\"noop\"}";
        double sum = metric(delays + "_sum" + tags);
        double count = metric(delays + "_count" + tags);
        double fast = metric(delays + "_bucket{trigger=\"engine\",type=\"noop\",le=\"60.0\"}");
        long begin = System.nanoTime();
        ended(insert("pending", "now() - interval '100 s'", "null"));
        double atMost = 100 + Duration.ofNanos(System.nanoTime() - begin).toMillis() / 1000.0;
        assertThat(metric(delays + "_count" + tags), equalTo(count + 1));
        assertThat(
                metric(delays + "_sum" + tags) - sum,
                allOf(greaterThanOrEqualTo(99.9), lessThanOrEqualTo(atMost + 0.1)));
        assertThat(metric(delays + "_bucket{trigger=\"engine\",type=\"noop\",le=\"60.0\"}"), equalTo(fast));
    }

    @Test
    void aLaunchThatWasPutOffIsDueThen() throws SQLException {
        String sum = "reliably_run_launch_delay_seconds_sum{trigger=\"engine\",type=\"noop\"}";
        double before = metric(sum);
        ended(insert("pending", "now() - interval '100 s'", "now()"));
        assertThat(metric(sum) - before, lessThan(99.9));
    }

    @Test
    void runsThatEndAndThatAreTakenOverAreCounted() throws SQLException {
        String ended = "reliably_runs_ended_total{state=\"succeeded\",type=\"noop\"}";
        String takenOver = "reliably_runs_taken_over_total{state=\"launching\"}";
        double endedBefore = metric(ended);
        double takenOverBefore = metric(takenOver);
        UUID run = insert("pending", "null", "now() + interval '1 h'");
        sql("update run set state = 'launching', owner = 'gone', attempt = 1, lease_until = now() - interval '1 s'"
                + " where id = '" + run + "'");
        ended(run);
        // Noop plans of other tests may fire meanwhile.
        assertThat(metric(ended), greaterThanOrEqualTo(endedBefore + 1));
        assertThat(metric(takenOver), greaterThanOrEqualTo(takenOverBefore + 1));
        await().atMost(Duration.ofSeconds(60)).until(() -> metric("reliably_runs_followed") >= 0);
    }

    @Test
    void whatIsCancelledBeforeItBeganIsCounted() throws SQLException {
        String cancelled = "reliably_runs_ended_total{state=\"cancelled\",type=\"noop\"}";
        double before = metric(cancelled);
        UUID run = insert("pending", "null", "now() + interval '1 h'");
        tenant.request().post("/runs/" + run + "/cancel").then().statusCode(200);
        assertThat(metric(cancelled), greaterThanOrEqualTo(before + 1));
    }

    @Test
    void whetherAnybodyLooksAfterRunsAndPlansShows() {
        for (String of : List.of("runs", "plans")) {
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> metric("reliably_look_seconds_count{of=\"" + of + "\",outcome=\"ok\"}") > 0);
            await().until(() -> metric("reliably_last_look_age_seconds{of=\"" + of + "\"}") < 10);
        }
    }

    @Test
    void firesThatAreMissedAreCountedByTheirReason() throws SQLException {
        String missed = "reliably_fires_missed_total{reason=\"too_late\"}";
        double before = metric(missed);
        sql("update plan set next_fire_at = now() - interval '1 d', cron_pattern = '0 0 * * *',"
                + " deployment_id = '" + tenant.deployment(Map.of("type", "reliably_cli", "mode", "managed"))
                + "' where id = '" + plan + "'");
        await().atMost(Duration.ofSeconds(60)).until(() -> metric(missed) > before);
    }

    @Test
    void theBacklogOfTheWholeDatabaseShows() {
        List<String> names = lines().stream()
                .map(line -> line.replaceAll("[ {].*", ""))
                .distinct()
                .toList();
        assertThat(
                names,
                hasItems(
                        "reliably_plans_due",
                        "reliably_plans_overdue_seconds",
                        "reliably_streams_open",
                        "reliably_runs_followed"));
        assertThat(names, hasItems("http_server_requests_seconds_count"));
    }

    @Test
    void thePoolOfConnectionsShows() {
        assertThat(metric("sql_pool_completed_total"), greaterThan(0.0));
        // One is read after the other, and a connection may be handed out between the two.
        await().untilAsserted(() -> {
            List<String> once = lines();
            assertThat(metric(once, "sql_pool_active") + metric(once, "sql_pool_idle"), equalTo(20.0));
            assertThat(metric(once, "sql_pool_queue_size"), greaterThanOrEqualTo(0.0));
        });
    }

    @Test
    void noTagHasTheIdOfAnything() {
        Response anyPlan = tenant.request().get("/plans/" + plan);
        anyPlan.then().statusCode(200);
        String unknown = "/" + UUID.randomUUID();
        for (String path : List.of("/plans", "/runs", "/deployments", "/nothing", "/plans/a/b/c")) {
            tenant.request().get(path + unknown);
            tenant.request().delete(path + unknown);
            tenant.as("no-token-of-ours").get(path + unknown);
        }
        given().get("/" + UUID.randomUUID());
        given().get("/q/" + UUID.randomUUID());
        given().get("/api/v1" + unknown);
        given().options("/api/v1/organization" + unknown + "/plans");
        given().get("/api/v1/organization" + unknown + "/plans/" + UUID.randomUUID());
        given().get("/%zz" + unknown);
        given().get("/q/health/group" + unknown);
        List<String> lines = lines().stream()
                .filter(line -> UUIDS.matcher(line).find() || line.contains("/a/b/c"))
                .toList();
        assertThat(lines, emptyIterable());
        assertThat(
                lines().stream()
                        .filter(line -> line.contains("uri=\"/api/v1/organization/{org_id}/plans/{plan_id}\""))
                        .toList(),
                not(emptyIterable()));
    }

    /** With a trigger that no plan of another test has: the server and its counters are shared. */
    private UUID insert(String state, String nominalTime, String notBefore) throws SQLException {
        UUID id = UUID.randomUUID();
        sql("insert into run (id, org_id, plan_id, deployment_id, state, trigger, created_at, nominal_time, not_before)"
                + " select '" + id + "', p.org_id, p.id, p.deployment_id, '" + state + "', 'engine', now(), ("
                + nominalTime + ")::timestamptz, (" + notBefore + ")::timestamptz from plan p where p.id = '" + plan
                + "'");
        return id;
    }

    private void ended(UUID run) {
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> tenant.request().get("/runs/" + run).path("ended_at") != null);
    }

    private void sql(String statement) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement update = connection.createStatement()) {
            update.executeUpdate(statement);
        }
    }

    /** The value of a metric, by its name and some of its tags; 0 where there is none yet. */
    private static double metric(String series) {
        return metric(lines(), series);
    }

    private static double metric(List<String> lines, String series) {
        String name = series.replaceAll("\\{.*", "");
        List<String> tags = series.contains("{")
                ? List.of(series.substring(series.indexOf('{') + 1, series.length() - 1)
                        .split(","))
                : List.of();
        return lines.stream()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .filter(line -> tags.stream().allMatch(line::contains))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private static List<String> lines() {
        Response answer = given().get("/q/metrics");
        answer.then().statusCode(200);
        return answer.asString().lines().filter(line -> !line.startsWith("#")).toList();
    }
}
