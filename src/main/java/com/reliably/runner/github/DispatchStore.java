package com.reliably.runner.github;

import com.reliably.runner.LaunchRequest;
import com.reliably.runner.RunAtEngine;
import com.reliably.schedule.Overlap;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Arrays;
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
    Uni<Dispatch> order(LaunchRequest request) {
        return one(
                """
                insert into github_dispatch as d
                       (run_id, org_id, plan_id, attempt, failures, environment, timeout_seconds, overlap)
                values ($1, $2, $3, $4, $5, $6, $7, $8)
                on conflict (run_id) do update set failures = greatest(d.failures, excluded.failures)""" + SEEN,
                Tuple.from(Arrays.asList(
                        request.runId(),
                        request.orgId(),
                        request.planId(),
                        request.attempt(),
                        request.failures(),
                        request.providerEnvironment(),
                        request.timeout() == null ? null : request.timeout().toSeconds(),
                        request.overlap().toString())));
    }

    /** The order, or null where there is none. */
    Uni<Dispatch> find(UUID orgId, UUID runId) {
        return one("""
                select *, extract(epoch from now() - intended_at) as intended_for,
                       extract(epoch from now() - cancel_asked_at) as cancelled_for
                from github_dispatch where org_id = $1 and run_id = $2""", Tuple.of(orgId, runId));
    }

    /**
     * Says that GitHub is asked from now on. Null where somebody else did, or has found the run, or wants none any more.
     *
     * @param repository where it is asked
     */
    Uni<Dispatch> intend(Dispatch seen, String repository) {
        return one("""
                update github_dispatch set intents = intents + 1, askings = askings + 1, repository = $4,
                       earlier_intended_at = intended_at, intended_at = now()
                where org_id = $1 and run_id = $2 and intents = $3 and attempt = $5 and github_run is null
                  and cancel_asked_at is null""" + SEEN, Tuple.of(seen.orgId(), seen.runId(), seen.intents(), repository, seen.attempt()));
    }

    /**
     * GitHub has certainly not started it this time; what it may have done before stays in doubt. Null where somebody else has
     * asked meanwhile, or has found the run.
     */
    Uni<Dispatch> refused(Dispatch intended) {
        return one("""
                update github_dispatch set askings = askings - 1,
                       intended_at = case when askings > 1 then coalesce(earlier_intended_at, intended_at) end
                where org_id = $1 and run_id = $2 and intents = $3 and attempt = $4 and github_run is null""" + SEEN, Tuple.of(intended.orgId(), intended.runId(), intended.intents(), intended.attempt()));
    }

    /** GitHub has it. Null where the order is gone. */
    Uni<Dispatch> found(Dispatch seen, long gitHubRun, String url) {
        return one("""
                update github_dispatch set github_url = case when github_run is null then $4 else github_url end,
                       github_run = coalesce(github_run, $3)
                where org_id = $1 and run_id = $2 and attempt = $5""" + SEEN, Tuple.of(seen.orgId(), seen.runId(), gitHubRun, url, seen.attempt()));
    }

    /** Of the runs that GitHub has of it, another one counts. */
    Uni<Void> replaced(Dispatch seen, long gitHubRun, String url) {
        return one("""
                        update github_dispatch set github_run = $4, github_url = $5
                        where org_id = $1 and run_id = $2 and github_run = $3""" + SEEN, Tuple.of(seen.orgId(), seen.runId(), seen.gitHubRun(), gitHubRun, url))
                .replaceWithVoid();
    }

    /** Somebody asks for its end. Null where there is no order. */
    Uni<Dispatch> cancel(UUID orgId, UUID runId) {
        return one("""
                update github_dispatch set cancel_asked_at = coalesce(cancel_asked_at, now())
                where org_id = $1 and run_id = $2""" + SEEN, Tuple.of(orgId, runId));
    }

    /** Somebody asks for the end of a run that GitHub started by itself, of which there is no order. */
    Uni<Dispatch> cancel(RunAtEngine run, long gitHubRun, String url) {
        return one("""
                insert into github_dispatch as d
                       (run_id, org_id, plan_id, attempt, github_run, github_url, cancel_asked_at)
                values ($1, $2, $3, $4, $5, $6, now())
                on conflict (run_id) do update set cancel_asked_at = coalesce(d.cancel_asked_at, now())""" + SEEN, Tuple.of(run.runId(), run.orgId(), run.planId(), run.attempt(), gitHubRun, url));
    }

    /**
     * Removes what a launch has left that failed before this one. Its failure was counted in the transaction that ended it, so
     * that whoever carries out, or takes over, the present launch has the present count.
     */
    Uni<Void> forgetFailed(RunAtEngine run) {
        return run.failures() == 0
                ? Uni.createFrom().voidItem()
                : pool.preparedQuery("delete from github_dispatch where org_id = $1 and run_id = $2 and failures < $3")
                        .execute(Tuple.of(run.orgId(), run.runId(), run.failures()))
                        .replaceWithVoid();
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
            String overlap = row.getString("overlap");
            return new Dispatch(
                    row.getUUID("org_id"),
                    row.getUUID("run_id"),
                    row.getUUID("plan_id"),
                    row.getInteger("attempt"),
                    row.getString("environment"),
                    seconds(row.getDouble("timeout_seconds")),
                    overlap == null ? Overlap.FORBID : Overlap.of(overlap),
                    row.getString("repository"),
                    row.getInteger("intents"),
                    row.getInteger("askings"),
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
