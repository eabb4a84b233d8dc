package com.reliably.runner.github;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.UUID;

/**
 * What GitHub was asked to start. Each change is one statement, which says what it was when it was looked at: of several
 * servers that have the same in hand one does it, and the others find that it was done.
 */
@ApplicationScoped
class DispatchStore {

    private static final String SEEN = """

            returning *, extract(epoch from now() - intended_at) as intended_for,
                      extract(epoch from now() - cancel_asked_at) as cancelled_for""";

    private final Pool pool;

    DispatchStore(Pool pool) {
        this.pool = pool;
    }

    /** Takes an order down, unless it is there already. */
    Uni<Dispatch> order(UUID orgId, UUID runId, UUID planId, int attempt, String environment, Duration timeout) {
        return one(
                """
                insert into github_dispatch as d (run_id, org_id, plan_id, attempt, environment, timeout_seconds)
                values ($1, $2, $3, $4, $5, $6)
                on conflict (run_id) do update set attempt = d.attempt""" + SEEN,
                Tuple.from(java.util.Arrays.asList(
                        runId, orgId, planId, attempt, environment, timeout == null ? null : timeout.toSeconds())));
    }

    /** The order, or null where there is none. */
    Uni<Dispatch> find(UUID orgId, UUID runId) {
        return one("""
                select *, extract(epoch from now() - intended_at) as intended_for,
                       extract(epoch from now() - cancel_asked_at) as cancelled_for
                from github_dispatch where org_id = $1 and run_id = $2""", Tuple.of(orgId, runId));
    }

    /** Says that GitHub is asked from now on. Null where somebody else did, or has found the run, or wants none any more. */
    Uni<Dispatch> intend(Dispatch seen) {
        return one("""
                update github_dispatch set intents = intents + 1, intended_at = now()
                where org_id = $1 and run_id = $2 and intents = $3 and github_run is null and cancel_asked_at is null""" + SEEN, Tuple.of(seen.orgId(), seen.runId(), seen.intents()));
    }

    /** GitHub has certainly not started it. */
    Uni<Void> refused(Dispatch intended) {
        return one("""
                        update github_dispatch set intended_at = null
                        where org_id = $1 and run_id = $2 and intents = $3 and github_run is null""" + SEEN, Tuple.of(intended.orgId(), intended.runId(), intended.intents()))
                .replaceWithVoid();
    }

    /** GitHub has it. Null where the order is gone. */
    Uni<Dispatch> found(Dispatch seen, long gitHubRun, String url) {
        return one("""
                update github_dispatch set github_url = case when github_run is null then $4 else github_url end,
                       github_run = coalesce(github_run, $3)
                where org_id = $1 and run_id = $2""" + SEEN, Tuple.of(seen.orgId(), seen.runId(), gitHubRun, url));
    }

    /** Somebody asks for its end. Null where there is no order. */
    Uni<Dispatch> cancel(UUID orgId, UUID runId) {
        return one("""
                update github_dispatch set cancel_asked_at = coalesce(cancel_asked_at, now())
                where org_id = $1 and run_id = $2""" + SEEN, Tuple.of(orgId, runId));
    }

    /** Everything of the run is stored. */
    Uni<Void> forget(UUID orgId, UUID runId) {
        return pool.preparedQuery("delete from github_dispatch where org_id = $1 and run_id = $2")
                .execute(Tuple.of(orgId, runId))
                .replaceWithVoid();
    }

    private Uni<Dispatch> one(String statement, Tuple values) {
        return pool.preparedQuery(statement).execute(values).map(DispatchStore::first);
    }

    private static Dispatch first(RowSet<Row> rows) {
        for (Row row : rows) {
            return new Dispatch(
                    row.getUUID("org_id"),
                    row.getUUID("run_id"),
                    row.getUUID("plan_id"),
                    row.getInteger("attempt"),
                    row.getString("environment"),
                    seconds(row.getDouble("timeout_seconds")),
                    row.getInteger("intents"),
                    seconds(row.getDouble("intended_for")),
                    row.getLong("github_run"),
                    row.getString("github_url"),
                    seconds(row.getDouble("cancelled_for")));
        }
        return null;
    }

    private static Duration seconds(Double number) {
        return number == null ? null : Duration.ofMillis((long) (number * 1000));
    }
}
