package com.reliably.run;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.reliably.runner.RunnerEvent;
import com.reliably.start.ServerIdentity;
import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.vertx.VertxContextSupport;
import io.restassured.path.json.JsonPath;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jboss.logmanager.ExtLogRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of runs: rows are laid before the server's own supervisor, as other servers would leave them. */
@ApiTest
class RunLifeTest {

    @Inject
    RunJournal journal;

    @Inject
    RunRepository repository;

    @Inject
    ServerIdentity identity;

    @Inject
    DataSource database;

    Tenant tenant;
    String experiment;
    String noop;

    @BeforeEach
    void newTenant() {
        tenant = Tenant.create();
        noop = tenant.deployment(Map.of("type", "noop"));
        experiment = tenant.create(
                        "/experiments",
                        Map.of("definition", Map.of("title", "nothing", "description", "n/a", "method", List.of())))
                .path("id");
    }

    @Test
    void aRunIsTakenUpAndGoesItsWay() throws SQLException {
        UUID run = pending(plan(noop), Instant.now());
        JsonPath ended = ended(run);
        assertEquals("succeeded", ended.getString("state"));
        assertEquals("noop", typeOf(run));
        assertEquals(1, ended.getInt("attempt"));
        assertThat(ended.getList("history.to"), contains("pending", "launching", "succeeded"));
    }

    @Test
    void whatAServerWasLaunchingWhenItWentIsLaunchedByAnother() throws SQLException {
        UUID run = pending(plan(noop), later());
        sql(
                "update run set state = 'launching', owner = 'gone', attempt = 1, lease_until = now() - interval '1 s'",
                run);
        JsonPath ended = ended(run);
        assertEquals("succeeded", ended.getString("state"));
        assertEquals(2, ended.getInt("attempt"));
    }

    @Test
    void whatAServerHasThatStoodStillItHasInTheSameAttempt() throws SQLException {
        UUID run = pending(plan(noop), later());
        sql(
                "update run set state = 'launching', owner = '" + identity.name()
                        + "', attempt = 1, lease_until = now() - interval '1 s'",
                run);
        JsonPath ended = ended(run);
        assertEquals("succeeded", ended.getString("state"));
        assertEquals(1, ended.getInt("attempt"));
    }

    @Test
    void whatRanOnAHostThatIsGoneIsLostAndSaysWhy() throws SQLException {
        UUID run = running("gone", "now() - interval '1 h'");
        JsonPath ended = ended(run);
        assertEquals("lost", ended.getString("state"));
        assertThat(ended.getString("error"), containsString("another host"));
    }

    @Test
    void aRunThatCannotBeRecordedIsTriedEverLaterAndThenEndsWell() throws SQLException {
        UUID run = running("gone", "now() + interval '1 h'");
        List<Long> warnings = new CopyOnWriteArrayList<>();
        Handler counting = warningsOf(run, warnings);
        Logger logger = Logger.getLogger(RunSupervisor.class.getName());
        logger.addHandler(counting);
        try {
            execute("""
                    create or replace function refused_for_the_test() returns trigger language plpgsql as
                    $$ begin raise exception 'refused for the test'; end $$""");
            execute("create trigger refused_for_the_test before update on run for each row when (new.id = '" + run
                    + "' and new.state = 'lost') execute function refused_for_the_test()");
            sql("update run set lease_until = now() - interval '1 h'", run);
            await().atMost(Duration.ofSeconds(40)).until(() -> warnings.size() >= 4);
            // At the next look; after two seconds; after four. A look a second would make it three.
            Duration took = Duration.ofNanos(warnings.get(3) - warnings.get(0));
            assertThat(took, greaterThanOrEqualTo(Duration.ofSeconds(6)));
            assertEquals("running", get(run).getString("state"));
            assertEquals(
                    "true", query("select (owner <> 'gone' and lease_until > now())::text from run where id = ?", run));
        } finally {
            execute("drop trigger if exists refused_for_the_test on run");
            logger.removeHandler(counting);
        }
        assertEquals("lost", ended(run).getString("state"));
    }

    private static Handler warningsOf(UUID run, List<Long> times) {
        return new Handler() {
            @Override
            public void publish(LogRecord record) {
                String message = record instanceof ExtLogRecord ext ? ext.getFormattedMessage() : record.getMessage();
                if (record.getLevel().intValue() >= Level.WARNING.intValue() && message.contains(run.toString())) {
                    times.add(System.nanoTime());
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
    }

    @Test
    void whatALivingServerHasIsLeftToIt() throws SQLException {
        UUID theirs = running("alive", "now() + interval '1 h'");
        UUID silentForASecond = running("stopped for a moment", "now() - interval '1 s'");
        // Once another server's abandoned run was taken over, both of these were looked at too.
        ended(running("gone", "now() - interval '1 h'"));
        assertEquals("running", get(theirs).getString("state"));
        assertEquals("running", get(silentForASecond).getString("state"));
    }

    @Test
    void nothingIsWrittenOfARunThatAnotherServerHas() throws Throwable {
        UUID id = running("alive", "now() + interval '1 h'");
        Run stale = new Run();
        stale.id = id;
        stale.orgId = UUID.fromString(tenant.id());
        stale.attempt = 1;
        RunnerEvent end = new RunnerEvent.Ended(RunnerEvent.How.EXITED, 0, null);
        assertThrows(
                NoLongerOurs.class,
                () -> VertxContextSupport.subscribeAndAwait(() -> journal.record(stale, new MaskedOutput(), end)));
        assertEquals("running", get(id).getString("state"));
    }

    @Test
    void runsOfAPlanGoOneAfterTheOtherInTheOrderOfTheirTimes() throws SQLException {
        UUID plan = plan(noop);
        UUID first = UUID.randomUUID();
        insert(first, plan, Instant.parse("2020-01-01T00:00:00Z"), "now() + interval '2 s'");
        UUID second = UUID.randomUUID();
        insert(second, plan, Instant.parse("2020-01-01T00:01:00Z"), null);
        Instant secondClaimed = Instant.parse(ended(second).getString("claimed_at"));
        assertThat(
                secondClaimed, greaterThanOrEqualTo(Instant.parse(ended(first).getString("ended_at"))));
    }

    @Test
    void aPlanMayLetItsRunsOverlap() throws SQLException {
        UUID plan = plan(noop);
        sql("update plan set overlap = 'allow'", plan);
        UUID first = UUID.randomUUID();
        insert(first, plan, Instant.parse("2020-01-01T00:00:00Z"), "now() + interval '1 h'");
        UUID second = UUID.randomUUID();
        insert(second, plan, Instant.parse("2020-01-01T00:01:00Z"), null);
        assertEquals("succeeded", ended(second).getString("state"));
        assertEquals("pending", get(first).getString("state"));
    }

    @Test
    void aLaunchThatFailedIsTriedAgainAsOftenAsThePlanSays() throws SQLException {
        UUID plan = plan(tenant.deployment(Map.of("type", "container", "image", "local/there-is-none:1")));
        sql("update plan set launch_retries = 1", plan);
        JsonPath ended = ended(pending(plan, Instant.now()));
        assertEquals("failed", ended.getString("state"));
        assertThat(ended.getList("history.to"), contains("pending", "launching", "pending", "launching", "failed"));
        assertThat(ended.getString("history[2].cause"), containsString("tried again (1 of 1)"));
    }

    @Test
    void anOrganizationThatHasEnoughIsPassedOver() throws Throwable {
        UUID enough = pending(plan(noop), later());
        UUID served = UUID.fromString(tenant.id());
        tenantOf(Tenant.create());
        UUID few = pending(plan(noop), later());
        for (UUID run : List.of(enough, few)) {
            // No runner's, so that this server leaves it to the test.
            sql("update run set deployment_type = 'of the test'", run);
        }
        List<UUID> taken =
                VertxContextSupport.subscribeAndAwait(() -> Panache.withTransaction(() -> Panache.getSession()
                        .chain(session -> session.createNativeQuery(
                                        "update run set not_before = null where deployment_type = 'of the test'")
                                .executeUpdate())
                        .chain(() -> repository.takeUp(
                                "the test", Duration.ofMinutes(1), Set.of("of the test"), Set.of(), Set.of(served), 10))
                        .map(runs -> runs.stream().map(run -> run.id).toList())
                        .call(() ->
                                Panache.currentTransaction().invoke(transaction -> transaction.markForRollback()))));
        assertEquals(List.of(few), taken);
        sql("delete from run", enough);
        sql("delete from run", few);
    }

    @Test
    void nothingOfAHaltedOrganizationIsTakenUp() throws SQLException {
        sql("update organization set halted_at = now()", UUID.fromString(tenant.id()));
        UUID halted = pending(plan(noop), Instant.now());
        Tenant other = Tenant.create();
        tenantOf(other);
        ended(pending(plan(noop), Instant.now()));
        assertEquals(
                "pending",
                new JsonPath(query("select json_build_object('state', state)::text from run where id = ?", halted))
                        .getString("state"));
        sql("delete from run", halted);
    }

    @Test
    void theDatabaseRefusesAWayThatIsNotAllowed() throws SQLException {
        UUID run = pending(plan(noop), Instant.now());
        ended(run);
        SQLException refused = assertThrows(SQLException.class, () -> sql("update run set state = 'running'", run));
        assertThat(refused.getMessage(), containsString("cannot go from succeeded to running"));
    }

    private void tenantOf(Tenant other) {
        tenant = other;
        noop = tenant.deployment(Map.of("type", "noop"));
        experiment = tenant.create(
                        "/experiments",
                        Map.of("definition", Map.of("title", "nothing", "description", "n/a", "method", List.of())))
                .path("id");
    }

    private static Instant later() {
        return Instant.now().plus(Duration.ofHours(1));
    }

    private UUID plan(String deployment) {
        return UUID.fromString(tenant.create(
                        "/plans",
                        Map.of(
                                "deployment", Map.of("deployment_id", deployment),
                                "schedule", Map.of("type", "cron", "pattern", "0 0 1 1 *"),
                                "experiments", List.of(experiment)))
                .path("id"));
    }

    private UUID pending(UUID plan, Instant notBefore) throws SQLException {
        UUID id = UUID.randomUUID();
        insert(id, plan, null, "'" + notBefore + "'");
        return id;
    }

    /** Of a managed deployment, under way in a directory that is not on this host. */
    private UUID running(String owner, String leaseUntil) throws SQLException {
        UUID plan = plan(tenant.deployment(Map.of("type", "reliably_cli", "mode", "managed")));
        UUID id = pending(plan, later());
        sql(
                "update run set state = 'launching', attempt = 1, owner = '" + owner + "', lease_until = " + leaseUntil
                        + " + interval '1 h', external_reference = 'process:/nowhere/runs/" + id + ".1'",
                id);
        sql("update run set state = 'running', lease_until = " + leaseUntil, id);
        return id;
    }

    private void insert(UUID id, UUID plan, Instant nominalTime, String notBefore) throws SQLException {
        sql(
                "insert into run (id, org_id, plan_id, deployment_id, state, trigger, created_at, nominal_time, not_before)"
                        + " select '" + id + "', p.org_id, p.id, p.deployment_id, 'pending', 'schedule', now(), "
                        + (nominalTime == null ? "null" : "'" + nominalTime + "'::timestamptz") + ", (" + notBefore
                        + ")::timestamptz from plan p",
                plan,
                "p.id");
    }

    private JsonPath ended(UUID run) {
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> get(run).getString("ended_at") != null);
        return get(run);
    }

    private JsonPath get(UUID run) {
        return tenant.request()
                .get("/runs/" + run)
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
    }

    private String typeOf(UUID run) throws SQLException {
        return query("select deployment_type from run where id = ?", run);
    }

    private String query(String select, UUID id) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement(select)) {
            statement.setObject(1, id);
            var found = statement.executeQuery();
            found.next();
            return found.getString(1);
        }
    }

    private void execute(String statement) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement any = connection.createStatement()) {
            any.execute(statement);
        }
    }

    private void sql(String statement, UUID id) throws SQLException {
        sql(statement, id, "id");
    }

    private void sql(String statement, UUID id, String column) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement update = connection.prepareStatement(statement + " where " + column + " = ?")) {
            update.setObject(1, id);
            assertEquals(1, update.executeUpdate());
        }
    }
}
