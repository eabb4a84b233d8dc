package com.reliably.testing;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import javax.sql.DataSource;

/** Locks of rows, held by a transaction of a test's own while something else comes for them. */
public final class RowLocks {

    /** Something that waits for rows. */
    @FunctionalInterface
    public interface Work {
        void run() throws Throwable;
    }

    private RowLocks() {}

    /**
     * Locks a row, has the work wait for it, and locks another one, for which a work that takes the two in the other order
     * holds already: PostgreSQL ends one of the two then, and this throws.
     *
     * @param first the row that comes first in the order in which rows are to be locked
     */
    public static void takenInOrder(DataSource database, String table, UUID first, UUID last, Work work)
            throws SQLException {
        meanwhile(database, holder -> lock(holder, table, first), work, holder -> lock(holder, table, last));
    }

    /** A statement of the test's transaction. */
    @FunctionalInterface
    public interface Step {
        void take(Connection holder) throws SQLException;
    }

    /** Takes a step, has the work wait for it, takes another one, commits, and waits for the work. */
    public static void meanwhile(DataSource database, Step first, Work work, Step second) throws SQLException {
        try (Connection holder = database.getConnection()) {
            holder.setAutoCommit(false);
            first.take(holder);
            int pid = number(holder, "select pg_backend_pid()");
            CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> {
                try {
                    work.run();
                } catch (Throwable e) {
                    throw new CompletionException(e);
                }
            });
            String waits =
                    "select count(*) from pg_locks where not granted and " + pid + " = any (pg_blocking_pids(pid))";
            try {
                await().until(() -> waiting.isDone() || number(holder, waits) > 0);
                assertFalse(waiting.isDone(), "it was to wait");
                second.take(holder);
                holder.commit();
            } finally {
                holder.rollback();
                waiting.join();
            }
        }
    }

    /** Locks a row until the transaction ends. */
    public static void lock(Connection connection, String table, UUID id) throws SQLException {
        TestRuns.execute(connection, "select 1 from " + table + " where id = ? for no key update", id);
    }

    private static int number(Connection connection, String query) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query);
                ResultSet found = statement.executeQuery()) {
            found.next();
            return found.getInt(1);
        }
    }
}
