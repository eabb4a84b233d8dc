package com.reliably.run;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.hasSize;

import com.reliably.testing.ApiTest;
import com.reliably.testing.RowLocks;
import com.reliably.testing.Tenant;
import com.reliably.testing.TestRuns;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.vertx.VertxContextSupport;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every transaction locks runs by their ids, then plans by theirs, then the organization, then executions: docs/adr/0023. */
@ApiTest
class LockOrderTest {

    private static final Duration LEASE = Duration.ofHours(1);

    @Inject
    RunRepository repository;

    @Inject
    RunPlans plans;

    @Inject
    EngineRuns engineRuns;

    @Inject
    DataSource database;

    Tenant tenant;
    UUID org;
    String owner;
    TestRuns runs;

    @BeforeEach
    void newTenant() {
        tenant = Tenant.create();
        org = UUID.fromString(tenant.id());
        owner = "owner " + UUID.randomUUID();
        runs = new TestRuns(database, tenant);
    }

    /** What locks several runs at once. */
    enum OfSeveralRuns {
        RENEWAL(test -> test.repository.renew(test.owner, LEASE)),
        RELEASE(test -> test.repository.release(test.owner, Set.of())),
        CANCELLATION_OF_STARTED(test -> test.repository.cancelStarted(test.org, test.runs.planId())),
        ACTIVE_OF_PLAN(test -> test.repository.activeOfPlan(test.org, test.runs.planId())),
        HALT(test -> test.repository.cancelUnderWay(test.org, null)),
        ENDS(test -> test.repository.lockAll(test.underWay));

        private final Function<LockOrderTest, Uni<?>> statement;

        OfSeveralRuns(Function<LockOrderTest, Uni<?>> statement) {
            this.statement = statement;
        }
    }

    List<UUID> underWay;

    @ParameterizedTest
    @EnumSource
    void runsAreLockedByTheirIds(OfSeveralRuns statement) throws SQLException {
        underWay = sorted(3);
        // The other way round in the table and in every index.
        for (int i = underWay.size() - 1; i >= 0; i--) {
            runs.execute(
                    "insert into run (id, org_id, plan_id, deployment_id, state, trigger, created_at, owner, lease_until,"
                            + " external_reference) values (?, ?, ?, ?, 'running', 'engine', now() - ? * interval '1 min',"
                            + " ?, now() + interval '1 hour' - ? * interval '1 min', gen_random_uuid()::text)",
                    underWay.get(i),
                    org,
                    runs.planId(),
                    runs.deploymentId(),
                    i,
                    owner,
                    i);
        }
        RowLocks.takenInOrder(
                database,
                "run",
                underWay.get(0),
                underWay.get(2),
                () -> inTransaction(() -> statement.statement.apply(this)));
    }

    @Test
    void plansAreLockedByTheirIdsEvenThoseThatAreDeleted() throws SQLException {
        List<TestRuns> both = Stream.of(runs, new TestRuns(database, tenant))
                .sorted((one, other) -> compare(one.planId(), other.planId()))
                .toList();
        List<UUID> ids = sorted(3);
        // The second plan, the first, the second again: the wrong way round from either end.
        for (int i = 0; i < 3; i++) {
            both.get(0)
                    .execute(
                            "insert into run (id, org_id, plan_id, deployment_id, state, trigger, created_at, owner,"
                                    + " lease_until, external_reference) values (?, ?, ?, ?, 'running', 'engine', now(), ?,"
                                    + " now() + interval '1 hour', gen_random_uuid()::text)",
                            ids.get(i),
                            org,
                            both.get((i + 1) % 2).planId(),
                            both.get((i + 1) % 2).deploymentId(),
                            owner);
        }
        for (TestRuns one : both) {
            one.execute("update plan set deleted_at = now() where id = ?", one.planId());
        }
        RowLocks.takenInOrder(
                database,
                "plan",
                both.get(0).planId(),
                both.get(1).planId(),
                () -> inTransaction(() -> repository
                        .lockAll(ids)
                        .chain(found -> plans.runsChanged(found.stream()
                                .map(run -> run.become(RunState.FAILED, "The test ends it."))
                                .toList()))));
    }

    /** A report of a client that has no token of a run takes the lock of its plan's reports, then refers to the plan. */
    @Test
    void anEnginesRunAndAReportOfItDoNotWaitForEachOther() throws SQLException {
        RowLocks.meanwhile(
                database,
                report -> TestRuns.execute(
                        report,
                        "select pg_advisory_xact_lock(hashtextextended(?, 0))",
                        runs.planId().toString()),
                () -> awaited(() ->
                        engineRuns.started(org, runs.planId(), runs.deploymentId(), "reference", Instant.now(), null)),
                report -> TestRuns.execute(
                        report,
                        "insert into execution (id, org_id, experiment_id, plan_id, created_at, state, summary, journal)"
                                + " select gen_random_uuid(), ?, experiment_id, plan_id, now(),"
                                + " '{\"current\": \"pending\"}', '{}', '{}' from plan_experiment where plan_id = ?",
                        org,
                        runs.planId()));
    }

    /** Of a plan that somebody else has in hand a claim must keep nothing: another claim could wait for it. */
    @Test
    void aClaimLocksNothingOfAPlanThatItPassesOver() throws SQLException {
        String type = "of test " + UUID.randomUUID().toString().replaceAll("[^a-z]", "");
        runs.execute("update organization set halted_at = now() where id = ?", org);
        runs.execute("update plan set overlap = 'allow' where id = ?", runs.planId());
        runs.execute(
                "insert into run (id, org_id, plan_id, deployment_id, deployment_type, state, trigger, created_at)"
                        + " select gen_random_uuid(), ?, ?, ?, ?, 'pending', 'api', now() from generate_series(1, 2)",
                org,
                runs.planId(),
                runs.deploymentId(),
                type);
        String claim = ClaimStatement.of(Set.of(type))
                .replace("?1", "10")
                .replace("?2", "'the test'")
                .replace("?3", "60")
                .replace("?4", "'" + type + "'")
                .replaceAll("\\?[567]", "''");
        try (Connection holder = database.getConnection();
                Connection claiming = database.getConnection()) {
            holder.setAutoCommit(false);
            claiming.setAutoCommit(false);
            RowLocks.lock(holder, "plan", runs.planId());
            TestRuns.execute(claiming, "update organization set halted_at = null where id = ?", org);
            assertThat(rows(claiming, claim), empty());
            String ofPlan = " where plan_id = '" + runs.planId() + "' for no key update nowait";
            assertThat(rows(holder, "select run_id from run_queue" + ofPlan), hasSize(2));
            assertThat(rows(holder, "select id from run" + ofPlan), hasSize(2));
            holder.rollback();
            // Else the test would hold no matter what it claims.
            assertThat(rows(claiming, claim), hasSize(2));
            claiming.rollback();
        }
    }

    @Test
    void unfinishedExecutionsAreLockedByTheirIds() throws SQLException {
        List<UUID> ids = sorted(2);
        for (int i = 1; i >= 0; i--) {
            runs.execute(
                    "insert into execution (id, org_id, experiment_id, plan_id, created_at, state, summary, journal)"
                            + " select ?, ?, experiment_id, plan_id, now() - ? * interval '1 min',"
                            + " '{\"current\": \"pending\"}', '{}', '{}' from plan_experiment where plan_id = ?",
                    ids.get(i),
                    org,
                    i,
                    runs.planId());
        }
        RowLocks.takenInOrder(database, "execution", ids.get(0), ids.get(1), () -> tenant.request()
                .body(Map.of("reason", "the test"))
                .post("/halt")
                .then()
                .statusCode(200));
    }

    private static List<UUID> sorted(int count) {
        List<UUID> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ids.add(UUID.randomUUID());
        }
        ids.sort(LockOrderTest::compare);
        return ids;
    }

    /** As PostgreSQL does, by the bytes; the JDK's own order has signs. */
    private static int compare(UUID one, UUID other) {
        return one.toString().compareTo(other.toString());
    }

    private static void inTransaction(Supplier<Uni<?>> work) throws Throwable {
        awaited(() -> Panache.withTransaction(() -> work.get().replaceWithVoid()));
    }

    private static <T> void awaited(Supplier<Uni<T>> work) throws Throwable {
        VertxContextSupport.subscribeAndAwait(work);
    }

    private static List<String> rows(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(query)) {
            List<String> rows = new ArrayList<>();
            while (found.next()) {
                rows.add(found.getString(1));
            }
            return Collections.unmodifiableList(rows);
        }
    }
}
