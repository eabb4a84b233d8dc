package com.reliably.testing;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;

/** Runs that no engine has: a test writes into the database what a runner would have reported. */
public final class TestRuns {

    private final DataSource database;
    private final UUID orgId;
    private final UUID planId;
    private final UUID deploymentId;

    /** Of a new plan of this organisation, which starts nothing by itself. */
    public TestRuns(DataSource database, Tenant tenant) {
        this.database = database;
        orgId = UUID.fromString(tenant.id());
        String deployment = tenant.deployment(Map.of("type", "noop"));
        deploymentId = UUID.fromString(deployment);
        String experiment = tenant.create(
                        "/experiments",
                        Map.of("definition", Map.of("title", "e", "description", "n/a", "method", List.of())))
                .path("id");
        planId = UUID.fromString(tenant.create(
                        "/plans",
                        Map.of(
                                "deployment",
                                Map.of("deployment_id", deployment),
                                "schedule",
                                Map.of("type", "cron", "pattern", "0 0 1 1 *"),
                                "experiments",
                                List.of(experiment)))
                .path("id"));
    }

    /** Their plan. */
    public UUID planId() {
        return planId;
    }

    /** Their deployment. */
    public UUID deploymentId() {
        return deploymentId;
    }

    /** A new run under way, of a server that is not this one and is not gone. */
    public UUID running() {
        UUID id = UUID.randomUUID();
        try (Connection connection = database.getConnection()) {
            running(connection, id);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return id;
    }

    /** The same, in a transaction of the test's. */
    public void running(Connection connection, UUID id) throws SQLException {
        execute(
                connection,
                "insert into run (id, org_id, plan_id, deployment_id, state, trigger, created_at, owner, lease_until)"
                        + " values (?, ?, ?, ?, 'running', 'engine', now(), 'another', now() + interval '1 hour')",
                id,
                orgId,
                planId,
                deploymentId);
    }

    /** Adds a piece of output. */
    public void print(UUID run, long firstByte, String text) {
        execute("insert into run_log (run_id, first_byte, text) values (?, ?, ?)", run, firstByte, text);
    }

    /** Ends a run. */
    public void end(UUID run, String state, Integer exitCode, String error) {
        execute("update run set state = ?, exit_code = ?, error = ? where id = ?", state, exitCode, error, run);
    }

    /** Any statement, on a connection of its own. */
    public void execute(String sql, Object... values) {
        try (Connection connection = database.getConnection()) {
            execute(connection, sql, values);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** Any statement, in a transaction of the test's. */
    public static void execute(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            statement.execute();
        }
    }
}
