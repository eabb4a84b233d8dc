package com.reliably.execution;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;

import com.reliably.access.TokenService;
import com.reliably.run.RunExecutions;
import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.vertx.VertxContextSupport;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the client of one run may touch, and what becomes of what it leaves behind. */
@ApiTest
class ExecutionsOfRunTest {

    @Inject
    TokenService tokens;

    @Inject
    RunExecutions executions;

    @Inject
    Pool pool;

    Tenant tenant;
    ExecutionApiTest.PlanOf plan;

    @BeforeEach
    void newPlan() {
        tenant = Tenant.create();
        plan = new ExecutionApiTest.PlanOf(tenant);
    }

    @Test
    void theTokenOfARunTouchesItsOwnExecutionsOnly() throws Throwable {
        String first = tokenOf(newRun());
        String second = tokenOf(newRun());
        String id = create(first);
        for (String token : List.of(first, second)) {
            int expected = token.equals(first) ? 200 : 404;
            tenant.as(token)
                    .body(Map.of("result", "{}"))
                    .put(at(id) + "/results")
                    .then()
                    .statusCode(expected);
            tenant.as(token)
                    .body(Map.of("current", "running"))
                    .put(at(id) + "/state")
                    .then()
                    .statusCode(expected);
            tenant.as(token).get(at(id) + "/state").then().statusCode(expected);
        }
        tenant.request()
                .body(Map.of("current", "terminate"))
                .put(at(id) + "/state")
                .then()
                .statusCode(200);
        tenant.as(first).get(at(id) + "/state").then().body("current", equalTo("terminate"));
    }

    @Test
    void aReportThatMayHaveArrivedCreatesNoSecondExecution() throws Throwable {
        UUID run = newRun();
        String token = tokenOf(run);
        String first = create(token, "key");
        assertThat(create(token, "key"), equalTo(first));
        String second = create(token, "another");
        String ofAnotherRun = create(tokenOf(newRun()), "key");
        assertThat(List.of(first, second, ofAnotherRun).stream().distinct().count(), equalTo(3L));
        for (String id : List.of(first, second, ofAnotherRun)) {
            assertThat(UUID.fromString(id).version(), equalTo(4));
        }
        assertThat(
                inTransaction(() -> executions.ofRun(org(), run)).stream()
                        .map(reported -> reported.id().toString())
                        .toList(),
                contains(first, second));
        assertThat(create(token, " ").equals(create(token, " ")), equalTo(false));
    }

    @Test
    void aRunKnowsWhatItsClientReported() throws Throwable {
        UUID run = newRun();
        String token = tokenOf(run);
        String first = create(token);
        String second = create(token);
        tenant.as(token)
                .body(Map.of("current", "finished", "status", "completed", "deviated", true))
                .put(at(first) + "/state")
                .then()
                .statusCode(200);
        assertThat(
                inTransaction(() -> executions.ofRun(org(), run)),
                contains(
                        new RunExecutions.Reported(UUID.fromString(first), "completed", true, true),
                        new RunExecutions.Reported(UUID.fromString(second), null, null, false)));
        assertThat(
                inTransaction(() -> executions.idsOfRuns(org(), Set.of(run, UUID.randomUUID()))),
                equalTo(Map.of(run, List.of(UUID.fromString(first), UUID.fromString(second)))));
        UUID another = UUID.fromString(Tenant.create().id());
        assertThat(inTransaction(() -> executions.ofRun(another, run)), equalTo(List.of()));
    }

    @Test
    void aJournalThatDoesNotSayHowItEndedIsOpen() throws Throwable {
        UUID run = newRun();
        String token = tokenOf(run);
        String id = create(token);
        for (Map.Entry<String, Boolean> journal : Map.of(
                        "{\"experiment\": {\"title\": \"e\"}, \"start\": \"2026-01-01T00:00:00\", \"status\": null}",
                                true,
                        "{\"experiment\": {\"title\": \"e\"}}", true,
                        "{}", false,
                        "{\"experiment\": {\"title\": \"e\"}, \"status\": \"completed\"}", false)
                .entrySet()) {
            tenant.as(token)
                    .body(Map.of("result", journal.getKey()))
                    .put(at(id) + "/results")
                    .then()
                    .statusCode(200);
            assertThat(inTransaction(() -> executions.ofRun(org(), run)).get(0).open(), equalTo(journal.getValue()));
        }
    }

    @Test
    void whatAClientLeftUnfinishedIsAborted() throws Throwable {
        UUID run = newRun();
        String token = tokenOf(run);
        String finished = create(token);
        String left = create(token);
        String nearlyDone = create(token);
        tenant.as(token)
                .body(Map.of("current", "finished", "status", "completed", "deviated", false))
                .put(at(finished) + "/state")
                .then()
                .statusCode(200);
        tenant.as(token)
                .body(Map.of("result", "{\"status\": \"completed\", \"deviated\": true}"))
                .put(at(nearlyDone) + "/results")
                .then()
                .statusCode(200);
        inTransaction(() -> executions.abandon(org(), run));
        assertState(finished, "completed", false);
        assertState(left, "aborted", false);
        assertState(nearlyDone, "completed", true);
        tenant.request()
                .body(Map.of("current", "finished", "status", "aborted", "deviated", false))
                .put(at(left) + "/state")
                .then()
                .statusCode(200);
        tenant.request()
                .body(Map.of("current", "running"))
                .put(at(left) + "/state")
                .then()
                .statusCode(400);
    }

    @Test
    void aClientThatWasToldItsRunIsOfThatOneAndNoOther() throws Throwable {
        UUID run = newRun();
        UUID elsewhere = otherRun();
        String id = create(tenant.token());
        for (UUID named : List.of(run, elsewhere)) {
            String journal =
                    "{\"experiment\": {\"title\": \"e\", \"method\": [{\"extra\": [[\"x\"]]}], \"extensions\": ["
                            + "{\"name\": \"reliably\", \"extra\": [{\"type\": \"url\", \"provider\": \"github\"},"
                            + " {\"type\": \"run\", \"provider\": \"reliably\", \"topic\": \"run\", \"value\": \""
                            + named
                            + ".1\"}, {\"type\": \"run\"}]}]}}";
            tenant.request()
                    .body(Map.of("result", journal))
                    .put(at(id) + "/results")
                    .then()
                    .statusCode(200);
            // The other one is not of the plan, whatever is said.
            assertThat(
                    inTransaction(() -> executions.idsOfRuns(org(), Set.of(run, elsewhere))),
                    equalTo(Map.of(run, List.of(UUID.fromString(id)))));
        }
    }

    @Test
    void whatRepeatsARunThatHasEndedIsListedWithItAndLeavesItsEnd() throws Throwable {
        UUID run = newRun();
        endNow(run);
        String id = create(tenant.token());
        String journal = "{\"status\": \"completed\", \"deviated\": true, \"experiment\": {\"extensions\": [{\"extra\":"
                + " [{\"type\": \"run\", \"provider\": \"reliably\", \"value\": \"" + run + ".1\"}]}]}}";
        tenant.request()
                .body(Map.of("result", journal))
                .put(at(id) + "/results")
                .then()
                .statusCode(200);
        assertThat(
                inTransaction(() -> executions.idsOfRuns(org(), Set.of(run))),
                equalTo(Map.of(run, List.of(UUID.fromString(id)))));
        tenant.request()
                .get("/runs/" + run)
                .then()
                .statusCode(200)
                .body("state", equalTo("failed"))
                .body("error", equalTo("as it was"));
        // Nobody follows it, so that halting the organisation has to reach its client.
        tenant.request().body(Map.of("reason", "stop")).post("/halt").then().statusCode(200);
        tenant.request().get(at(id) + "/state").then().body("current", equalTo("terminate"));
    }

    private void endNow(UUID run) throws Throwable {
        VertxContextSupport.subscribeAndAwait(
                () -> pool.preparedQuery("update run set state = 'failed', error = 'as it was' where id = $1")
                        .execute(Tuple.of(run)));
    }

    @Test
    void aClientWithATokenOfItsRunIsOfThatWhateverItSays() throws Throwable {
        UUID run = newRun();
        UUID other = newRun();
        String token = tokenOf(run);
        String id = create(token);
        tenant.as(token)
                .body(Map.of(
                        "result",
                        "{\"experiment\": {\"extensions\": [{\"extra\": [{\"type\": \"run\", \"provider\": \"reliably\","
                                + " \"value\": \"" + other + ".1\"}]}]}}"))
                .put(at(id) + "/results")
                .then()
                .statusCode(200);
        assertThat(
                inTransaction(() -> executions.idsOfRuns(org(), Set.of(run, other))),
                equalTo(Map.of(run, List.of(UUID.fromString(id)))));
    }

    private void assertState(String id, String status, boolean deviated) {
        tenant.request()
                .get(at(id) + "/state")
                .then()
                .body("current", equalTo("finished"))
                .body("plan_id", status.equals("completed") && !deviated ? equalTo(null) : equalTo(plan.id))
                .body("status", equalTo(status))
                .body("deviated", equalTo(deviated));
    }

    private String create(String token) {
        return tenant.as(token)
                .body(Map.of("result", "{}", "plan_id", plan.id))
                .post(plan.executions())
                .then()
                .statusCode(201)
                .extract()
                .path("id");
    }

    private String create(String token, String key) {
        return tenant.as(token)
                .header("Idempotency-Key", key)
                .body(Map.of("result", "{}", "plan_id", plan.id))
                .post(plan.executions())
                .then()
                .statusCode(201)
                .extract()
                .path("id");
    }

    private String at(String id) {
        return plan.executions() + "/" + id;
    }

    private UUID org() {
        return UUID.fromString(tenant.id());
    }

    /** A run that its engine started, which nobody of the server claims. */
    private UUID newRun() throws Throwable {
        return newRun(plan.id);
    }

    private UUID otherRun() throws Throwable {
        return newRun(new ExecutionApiTest.PlanOf(tenant).id);
    }

    private UUID newRun(String planId) throws Throwable {
        UUID id = UUID.randomUUID();
        VertxContextSupport.subscribeAndAwait(() -> pool.preparedQuery(
                        "insert into run (id, org_id, plan_id, deployment_id, state, trigger, created_at)"
                                + " values ($1, $2, $3, $1, 'running', 'engine', now())")
                .execute(Tuple.of(id, org(), UUID.fromString(planId))));
        return id;
    }

    private String tokenOf(UUID run) throws Throwable {
        return inTransaction(() -> tokens.createForRun(
                org(), UUID.fromString(plan.id), run, Instant.now().plus(Duration.ofHours(1))));
    }

    private static <T> T inTransaction(Supplier<Uni<T>> work) throws Throwable {
        return VertxContextSupport.subscribeAndAwait(() -> Panache.withTransaction(work));
    }
}
