package com.reliably.run;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.lessThan;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.vertx.VertxContextSupport;
import io.restassured.response.Response;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/**
 * Everything that locks runs and plans, at once, in an arbitrary order: people, clients, engines, schedules, and a server
 * beside this one. None may end another's transaction, as PostgreSQL does to one of two that wait for each other.
 */
@ApiTest
class ConcurrentChangesTest {

    private static final int CLIENTS = 8;
    private static final int DEEDS = 60;
    private static final Duration LEASE = Duration.ofMinutes(10);

    @Inject
    RunRepository repository;

    @Inject
    RunPlans plansOfRuns;

    @Inject
    EngineRuns engineRuns;

    @Inject
    DataSource database;

    Tenant tenant;
    UUID org;
    String deployment;
    String experiment;
    final List<String> onRequest = new ArrayList<>();
    final List<String> onSchedule = new ArrayList<>();
    final Queue<String> failures = new ConcurrentLinkedQueue<>();

    @Test
    void nothingWaitsForWhatWaitsForIt() throws Exception {
        tenant = Tenant.create();
        org = UUID.fromString(tenant.id());
        deployment = tenant.deployment(Map.of("type", "noop"));
        experiment = tenant.create(
                        "/experiments",
                        Map.of("definition", Map.of("title", "nothing", "description", "n/a", "method", List.of())))
                .path("id");
        for (String overlap : List.of("allow", "allow", "replace", "forbid")) {
            onRequest.add(plan("now", overlap));
            onSchedule.add(plan("cron", overlap));
        }
        String deadlocks = "select deadlocks from pg_stat_database where datname = current_database()";
        String before = text(deadlocks);
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<Future<?>> work = IntStream.range(0, CLIENTS)
                    .<Future<?>>mapToObj(client -> clients.submit(() -> changeAtRandom(new Random(client))))
                    .toList();
            for (Future<?> one : work) {
                one.get();
            }
        } finally {
            clients.shutdownNow();
            tenant.request().delete("/halt");
        }
        assertThat(failures, empty());
        assertEquals(before, text(deadlocks));
    }

    private void changeAtRandom(Random random) {
        for (int deed = 0; deed < DEEDS && failures.isEmpty(); deed++) {
            int kind = random.nextInt(16);
            try {
                change(kind, random);
            } catch (Throwable e) {
                failures.add("deed " + kind + ": " + e);
            }
        }
    }

    private void change(int kind, Random random) throws Throwable {
        String requested = onRequest.get(random.nextInt(onRequest.size()));
        String scheduled = onSchedule.get(random.nextInt(onSchedule.size()));
        switch (kind) {
            case 0, 1, 2 -> noFault(tenant.request().post("/plans/" + requested + "/run"));
            case 3 -> cancelSome(random);
            case 4 ->
                noFault(tenant.request().post("/plans/" + scheduled + (random.nextBoolean() ? "/suspend" : "/resume")));
            case 5 ->
                noFault(tenant.request()
                        .body(terms("cron", random.nextBoolean() ? "allow" : "replace"))
                        .put("/plans/" + scheduled));
            case 6, 7 ->
                run("update plan set next_fire_at = date_trunc('minute', now()) - "
                        + random.nextInt(50) + " * interval '1 min', catch_up = 'all' where id = '" + scheduled
                        + "' and suspended_at is null");
            case 8 -> {
                noFault(tenant.request().body(Map.of("reason", "a test")).post("/halt"));
                noFault(tenant.request().delete("/halt"));
            }
            case 9 -> noFault(tenant.request().delete("/plans/" + plan("cron", "allow")));
            case 10, 11 ->
                noFault(tenant.request()
                        .body(Map.of("result", "{}", "plan_id", requested))
                        .post("/experiments/" + experiment + "/executions"));
            case 12 ->
                of(() -> engineRuns.started(
                        org,
                        UUID.fromString(requested),
                        UUID.fromString(deployment),
                        "reference " + random.nextInt(1000),
                        Instant.now(),
                        null));
            default -> beAnotherServer("another " + random.nextInt(2));
        }
    }

    private void cancelSome(Random random) {
        List<String> ids = tenant.request().get("/runs?limit=20").jsonPath().getList("items.id");
        if (!ids.isEmpty()) {
            noFault(tenant.request().post("/runs/" + ids.get(random.nextInt(ids.size())) + "/cancel"));
        }
    }

    /** Takes up runs, keeps them, ends some, and hands over the rest. */
    private void beAnotherServer(String owner) throws Throwable {
        List<UUID> taken = of(() -> Panache.withTransaction(() -> repository
                .takeUp(owner, LEASE, Set.of("noop"), Set.of(), Set.of(), 20)
                .map(runs -> runs.stream().map(run -> run.id).toList())));
        of(() -> Panache.withTransaction(() -> repository.renew(owner, LEASE)));
        List<UUID> ended = taken.subList(0, taken.size() / 2 + taken.size() % 2);
        if (!ended.isEmpty()) {
            of(() -> Panache.withTransaction(() -> repository.lockAll(ended).chain(this::end)));
        }
        of(() -> Panache.withTransaction(() -> repository.release(owner, Set.of())));
    }

    private Uni<Void> end(List<Run> runs) {
        return plansOfRuns.runsChanged(runs.stream()
                .filter(run -> run.state() == RunState.LAUNCHING)
                .map(run -> run.become(RunState.FAILED, "a test"))
                .collect(Collectors.toList()));
    }

    private static <T> T of(Supplier<Uni<T>> work) throws Throwable {
        return VertxContextSupport.subscribeAndAwait(work);
    }

    private static void noFault(Response response) {
        assertThat(response.asString(), response.statusCode(), lessThan(500));
    }

    private String plan(String schedule, String overlap) {
        while (true) {
            Response created = tenant.request().body(terms(schedule, overlap)).post("/plans");
            noFault(created);
            // While the organization is halted nothing is to be run.
            if (created.statusCode() == 201) {
                return created.path("id");
            }
        }
    }

    private Map<String, Object> terms(String schedule, String overlap) {
        return Map.of(
                "deployment",
                Map.of("deployment_id", deployment),
                "schedule",
                schedule.equals("now") ? Map.of("type", "now") : Map.of("type", "cron", "pattern", "* * * * *"),
                "policies",
                Map.of("overlap", overlap, "catch_up", "all"),
                "experiments",
                List.of(experiment));
    }

    private void run(String statement) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement any = connection.createStatement()) {
            any.execute(statement);
        }
    }

    private String text(String query) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement any = connection.createStatement();
                ResultSet found = any.executeQuery(query)) {
            found.next();
            return found.getString(1);
        }
    }
}
