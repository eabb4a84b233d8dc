package com.reliably.execution;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import io.restassured.response.ValidatableResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@ApiTest
class ExecutionApiTest {

    static final String NOWHERE = "00000000-0000-4000-8000-000000000000";
    static final String COMPLETED = """
            {"status": "completed", "deviated": false, "start": "2026-01-01T00:00:00.530434",
             "end": "2026-01-01T00:00:01", "duration": 1.25, "run": [{"output": "x"}],
             "experiment": {"title": "T", "method": []}}""";

    Tenant tenant;
    String experiment;

    @BeforeEach
    void newTenant() {
        tenant = Tenant.create();
        experiment = newExperiment("T");
    }

    // --- creation ---

    @Test
    void aCreatedExecutionShowsTheJournalAsAnObjectAndIsPending() {
        tenant.create(path(), Map.of("result", COMPLETED))
                .then()
                .body("result.status", equalTo("completed"))
                .body("result.run", hasSize(1))
                .body("org_id", equalTo(tenant.id()))
                .body("experiment_id", equalTo(experiment))
                .body("$", hasKey("plan_id"))
                .body("plan_id", nullValue())
                .body("user_id", notNullValue())
                .body("created_date", notNullValue())
                .body("user_state.current", equalTo("pending"))
                .body("user_state", hasKey("plan_id"))
                .body("user_state.created_on", notNullValue())
                .body("user_state", not(hasKey("user")));
    }

    @Test
    void aJournalMayBeAnObject() {
        String id = tenant.create(path(), "{\"result\": " + COMPLETED + ", \"log\": \"l\"}")
                .path("id");
        tenant.request().get(path(id) + "/results").then().statusCode(200).body("duration", is(1.25f));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}", "{\"plan_id\": null}", "{\"result\": null}", "{\"result\": \"\"}", "{\"result\": \"not json\"}",
                "{\"result\": \"[]\"}", "{\"result\": \"null\"}", "{\"result\": \"{} {}\"}", "{\"result\": \"{\"}",
                        "{\"result\": []}",
                "{\"result\": 1}", "{\"result\": \"{}\", \"plan_id\": \"x\"}", "{\"result\": \"{}\", \"log\": 1}", "[]",
                        "null"
            })
    void aFaultyReportIsRefused(String body) {
        tenant.request().body(body).post(path()).then().statusCode(422);
        tenant.request()
                .body(body)
                .put(path(newExecution()) + "/results")
                .then()
                .statusCode(422);
    }

    @Test
    void anUnknownPlanIsRefusedNamingTheMember() {
        tenant.request()
                .body(Map.of("result", "{}", "plan_id", NOWHERE))
                .post(path())
                .then()
                .statusCode(422)
                .body("detail[0].loc", contains("body", "plan_id"));
        String foreign = new PlanOf(Tenant.create()).id;
        tenant.request()
                .body(Map.of("result", "{}", "plan_id", foreign))
                .post(path())
                .then()
                .statusCode(422);
    }

    @Test
    void aPlanThatDoesNotRunTheExperimentIsRefused() {
        String plan = new PlanOf(tenant).id;
        tenant.request()
                .body(Map.of("result", "{}", "plan_id", plan))
                .post(path())
                .then()
                .statusCode(400);
    }

    @Test
    void anUnknownOrForeignExperimentIsNotFound() {
        tenant.request()
                .body(Map.of("result", "{}"))
                .post("/experiments/" + NOWHERE + "/executions")
                .then()
                .statusCode(404);
        tenant.request().get("/experiments/" + NOWHERE + "/executions").then().statusCode(404);
        Tenant other = Tenant.create();
        other.request().body(Map.of("result", "{}")).post(path()).then().statusCode(404);
        other.request().get(path()).then().statusCode(404);
    }

    @Test
    void nothingOfAnExecutionIsFoundByAnotherOrganizationOrBelowAnotherExperiment() {
        String id = newExecution();
        Tenant other = Tenant.create();
        String elsewhere = "/experiments/" + newExperiment("other") + "/executions/" + id;
        for (String suffix : List.of("", "/results", "/state", "/log")) {
            other.request().get(path(id) + suffix).then().statusCode(404);
            tenant.request().get(elsewhere + suffix).then().statusCode(404);
        }
        other.request()
                .body(Map.of("result", "{}"))
                .put(path(id) + "/results")
                .then()
                .statusCode(404);
        tenant.request()
                .body(Map.of("result", "{}"))
                .put(elsewhere + "/results")
                .then()
                .statusCode(404);
        other.request()
                .body(Map.of("current", "running"))
                .put(path(id) + "/state")
                .then()
                .statusCode(404);
        tenant.request()
                .body(Map.of("current", "running"))
                .put(elsewhere + "/state")
                .then()
                .statusCode(404);
        other.request().delete(path(id)).then().statusCode(404);
        tenant.request().delete(elsewhere).then().statusCode(404);
        tenant.request().get(path(id)).then().statusCode(200);
    }

    // --- results and log ---

    @Test
    void resultsReplaceTheJournalAndTheLog() {
        String id = newExecution();
        tenant.request()
                .body(Map.of("result", COMPLETED, "log", "line1\nline2"))
                .put(path(id) + "/results")
                .then()
                .statusCode(200)
                .header("Content-Type", equalTo("application/json"))
                .body(equalTo("null"));
        tenant.request()
                .get(path(id) + "/results")
                .then()
                .header("Content-Type", equalTo("application/json"))
                .body("status", equalTo("completed"));
        tenant.request().get(path(id)).then().body("result.status", equalTo("completed"));
        tenant.request()
                .get(path(id) + "/log")
                .then()
                .statusCode(200)
                .header("Content-Type", equalTo("text/plain; charset=utf-8"))
                .body(equalTo("line1\nline2"));
        tenant.request()
                .body(Map.of("result", "{}"))
                .put(path(id) + "/results")
                .then()
                .statusCode(200);
        tenant.request().get(path(id) + "/log").then().body(equalTo("line1\nline2"));
        tenant.request().get(path(id) + "/results").then().body("$", equalTo(Map.of()));
    }

    @Test
    void anExecutionWithoutALogHasAnEmptyOne() {
        tenant.request()
                .get(path(newExecution()) + "/log")
                .then()
                .statusCode(200)
                .body(equalTo(""));
    }

    static Stream<String> journalsThatNeedRepair() {
        return Stream.of(
                "{\"a\\u0000b\": \"\\u0000\", \"ok\": \"\\u00e9 \\ud83d\\ude00\", \"number\": 1.5}",
                "{\"half\": \"\\ud800\", \"other\": [\"\\udc00x\", {\"deep\": \"\\u0000\"}], \"number\": 1.5}",
                "{\"nan\": NaN, \"list\": [Infinity, -Infinity, 1e99999, 1e9999999999, -1e-99999], \"number\": 1.5}",
                "{\"long\": " + "9".repeat(200_000) + ", \"number\": 1.5}",
                "{\"" + "n".repeat(100_000) + "\": 1, \"number\": 1.5}",
                "{\"status\": 1, \"deviated\": \"x\", \"start\": [], \"end\": {}, \"duration\": \"y\", \"experiment\": 3,"
                        + " \"number\": 1.5}",
                "{\"status\": \"what\", \"start\": \"yesterday\", \"experiment\": {\"title\": {\"a\": 1}}, \"number\": 1.5}",
                "{\"status\": \"\\u0000\", \"experiment\": {\"title\": \"" + "\\u0000".repeat(2000)
                        + "\"}, \"number\": 1.5}",
                "{\"start\": \"+999999999-01-01T00:00:00Z\", \"duration\": 1e999, \"number\": 1.5}",
                "{\"deep\": " + "[".repeat(500) + "]".repeat(500) + ", \"number\": 1.5}");
    }

    @ParameterizedTest
    @MethodSource("journalsThatNeedRepair")
    void aJournalIsRepairedNeverRefused(String journal) {
        String id = tenant.create(path(), Map.of("result", journal)).path("id");
        tenant.request()
                .body(Map.of("result", journal, "log", "l"))
                .put(path(id) + "/results")
                .then()
                .statusCode(200);
        tenant.request().get(path(id) + "/results").then().statusCode(200).body("number", is(1.5f));
        tenant.request().get(path()).then().statusCode(200).body("count", equalTo(1));
    }

    @Test
    void whatIsRepairedStaysReadable() {
        String id = tenant.create(
                        path(),
                        Map.of(
                                "result",
                                "{\"out\": \"a\\u0000b\", \"nan\": NaN, \"pair\": \"\\ud83d\\ude00\"}",
                                "log",
                                "x"))
                .path("id");
        tenant.request()
                .get(path(id) + "/results")
                .then()
                .body("out", equalTo("a\uFFFDb"))
                .body("nan", equalTo("NaN"))
                .body("pair", equalTo("\uD83D\uDE00"));
    }

    @Test
    void aNulInALogIsReplaced() {
        String id = newExecution();
        tenant.request()
                .body("{\"result\": \"{}\", \"log\": \"a\\u0000b\\ud800c\"}")
                .put(path(id) + "/results")
                .then()
                .statusCode(200);
        tenant.request().get(path(id) + "/log").then().body(equalTo("a\uFFFDb\uFFFDc"));
    }

    @Test
    void aJournalOfMegabytesIsStored() {
        String id = newExecution();
        String log = "a line of the log\n".repeat(200_000);
        String journal = "{\"status\": \"completed\", \"run\": [{\"output\": \"" + "x".repeat(3_000_000) + "\"}]}";
        tenant.request()
                .body(Map.of("result", journal, "log", log))
                .put(path(id) + "/results")
                .then()
                .statusCode(200);
        assertThat(tenant.request().get(path(id) + "/log").asString().length(), equalTo(log.length()));
    }

    @Test
    void aJournalThatIsNestedWithoutEndIsRefused() {
        String deep = "{\"a\": " + "[".repeat(20_000) + "]".repeat(20_000) + "}";
        tenant.request().body(Map.of("result", deep)).post(path()).then().statusCode(422);
        tenant.request().body("{\"result\": " + deep + "}").post(path()).then().statusCode(422);
    }

    // --- lists ---

    @Test
    void listsShowTheSummaryOfTheJournalOnly() {
        String id = newExecution(COMPLETED);
        tenant.request()
                .get(path())
                .then()
                .statusCode(200)
                .body("count", equalTo(1))
                .body("items[0].id", equalTo(id))
                .body("items[0].user_state.current", equalTo("pending"))
                .body("items[0].result.status", equalTo("completed"))
                .body("items[0].result.deviated", equalTo(false))
                .body("items[0].result.duration", is(1.25f))
                .body("items[0].result.start", equalTo("2026-01-01T00:00:00.530434"))
                .body("items[0].result.experiment.title", equalTo("T"))
                .body("items[0].result", not(hasKey("run")));
    }

    @Test
    void listsAreLatestFirstAndPaged() {
        String first = newExecution();
        String second = newExecution();
        String third = newExecution();
        tenant.request()
                .get(path() + "?limit=2")
                .then()
                .body("count", equalTo(3))
                .body("items.id", contains(third, second));
        tenant.request().get(path() + "?limit=2&page=2").then().body("items.id", contains(first));
        tenant.request()
                .get("/executions?limit=2")
                .then()
                .body("count", equalTo(3))
                .body("items.id", contains(third, second));
    }

    @Test
    void theOrganizationsExecutionsAreFiltered() {
        PlanOf plan = new PlanOf(tenant);
        String completed = newExecution(COMPLETED);
        String deviated = newExecution("{\"status\": \"completed\", \"deviated\": true}");
        String running = newExecution("{\"status\": null}");
        String planned = tenant.create(
                        plan.executions(), Map.of("result", "{\"status\": \"failed\"}", "plan_id", plan.id))
                .path("id");
        putState(deviated, Map.of("current", "finished", "status", "completed", "deviated", true))
                .statusCode(200);
        filtered("plan_id=" + plan.id, planned);
        filtered("experiment_id=" + plan.experiment, planned);
        filtered("experiment_id=" + NOWHERE);
        filtered("status=completed", deviated, completed);
        filtered("status=failed", planned);
        filtered("status=running", planned, running, completed);
        filtered("deviated=true", deviated);
        filtered("status=completed&deviated=false", completed);
        filtered("from=2020-01-01&to=2199-12-31T00:00:00Z", planned, running, deviated, completed);
        filtered("to=2020-01-01");
        filtered("from=2199-01-01T00:00:00");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plan_id=x",
                "experiment_id=1",
                "status=done",
                "deviated=maybe",
                "from=yesterday",
                "to=2026-13-01",
                "from=%2B999999999-01-01T00:00:00Z",
                "from=2026-01-02&to=2026-01-01",
                "limit=101",
                "page=0"
            })
    void aFaultyFilterIsRefused(String query) {
        tenant.request().get("/executions?" + query).then().statusCode(422);
    }

    @Test
    void aPlansExecutionsAreListedAndThoseOfAnUnknownPlanAreNotFound() {
        PlanOf plan = new PlanOf(tenant);
        String id = tenant.create(plan.executions(), Map.of("result", COMPLETED, "plan_id", plan.id))
                .path("id");
        tenant.request()
                .get("/plans/" + plan.id + "/executions")
                .then()
                .statusCode(200)
                .body("items.id", contains(id));
        tenant.request().get("/plans/" + NOWHERE + "/executions").then().statusCode(404);
        Tenant.create()
                .request()
                .get("/plans/" + plan.id + "/executions")
                .then()
                .statusCode(404);
    }

    @Test
    void aPlanShowsHowManyExecutionsItHasAndTheLatest() {
        PlanOf plan = new PlanOf(tenant);
        String first = tenant.create(plan.executions(), Map.of("result", COMPLETED, "plan_id", plan.id))
                .path("id");
        tenant.request()
                .body(Map.of("current", "finished", "status", "completed", "deviated", false))
                .put(plan.executions() + "/" + first + "/state")
                .then()
                .statusCode(200);
        String second = tenant.create(plan.executions(), Map.of("result", "{}", "plan_id", plan.id))
                .path("id");
        tenant.request()
                .get("/plans/" + plan.id)
                .then()
                .body("executions_count", equalTo(2))
                .body("last_executions_info.running.id", equalTo(second))
                .body("last_executions_info.running.timestamp", notNullValue())
                .body("last_executions_info.terminated.id", equalTo(first))
                .body("last_executions_info.terminated.timestamp", notNullValue());
        tenant.request().get("/plans").then().body("items[0].executions_count", equalTo(2));
        tenant.request().delete("/experiments/" + plan.experiment).then().statusCode(400);
        tenant.request()
                .get("/experiments/" + plan.experiment + "/plans")
                .then()
                .body("$", contains(plan.id));
    }

    @Test
    void aDeletedExecutionIsGone() {
        String id = newExecution();
        tenant.request().delete(path(id)).then().statusCode(200).body(equalTo("null"));
        tenant.request().delete(path(id)).then().statusCode(404);
        tenant.request().get(path(id) + "/state").then().statusCode(404);
    }

    // --- the experiment's summary ---

    @Test
    void anExperimentsSummaryTellsItsLatestExecutions() {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            ids.add(0, newExecution("{\"status\": \"aborted\", \"deviated\": false}"));
        }
        for (int i = 0; i < 5; i++) {
            ids.add(0, newExecution("{\"status\": \"completed\", \"deviated\": false}"));
        }
        ids.add(0, newExecution("{\"status\": \"failed\", \"deviated\": false}"));
        ids.add(0, newExecution("{\"status\": \"completed\", \"deviated\": true}"));
        ids.add(0, newExecution("{\"status\": null, \"deviated\": false}"));
        newExperiment("U");
        // The ten latest: one that runs, one deviated, one failed, five completed, two aborted.
        tenant.request()
                .get("/experiments/summary")
                .then()
                .statusCode(200)
                .body("items[0].executions_count", equalTo(11))
                .body("items[0].last_statuses", contains(null, "completed", "failed", "completed", "completed"))
                .body("items[0].last_execution", notNullValue())
                .body("items[0].score", is((float) (5.5 / 7)))
                .body("items[0].trend", hasSize(7))
                .body("items[0].trend[0][0]", equalTo(ids.get(1)))
                .body("items[0].trend[0][2]", is(0.0f))
                .body("items[0].trend[1][2]", is(0.5f))
                .body("items[0].trend[2][2]", is(1.0f))
                .body("items[1].executions_count", equalTo(0));
        tenant.request().get("/experiments/all").then().body("items.executions_count", contains(11, 0));
        tenant.request().get("/experiments/" + experiment).then().body("executions_count", equalTo(11));
        tenant.request().get("/experiments").then().body("items.executions_count", contains(11, 0));
    }

    // --- state ---

    @Test
    void theStatesOfARunAreShownAsTheyWerePut() {
        String id = newExecution();
        String plan = UUID.randomUUID().toString();
        putState(id, Map.of("current", "running", "started_on", "2026-11-23T01:08:14.204337+00:00", "plan_id", plan))
                .statusCode(200);
        state(id)
                .body("current", equalTo("running"))
                .body("started_on", equalTo("2026-11-23T01:08:14.204337Z"))
                .body("plan_id", equalTo(plan))
                .body("$", not(hasKey("user")));
        putState(id, Map.of("current", "pause", "duration", 20)).statusCode(200).body(equalTo("null"));
        state(id)
                .body("current", equalTo("pause"))
                .body("duration", equalTo(20))
                .body("$", hasKey("plan_id"))
                .body("plan_id", nullValue())
                .body("user.name", notNullValue())
                .body("user.id", notNullValue());
        putState(id, Map.of("current", "resume")).statusCode(200);
        state(id).body("current", equalTo("resume")).body("user.name", notNullValue());
        putState(id, Map.of("current", "running")).statusCode(200);
        state(id).body("started_on", notNullValue());
        putState(id, Map.of("current", "terminate", "skip_rollbacks", true)).statusCode(200);
        state(id)
                .body("current", equalTo("terminate"))
                .body("skip_rollbacks", equalTo(true))
                .body("user.id", notNullValue());
        putState(id, Map.of("current", "finished", "status", "interrupted", "deviated", false))
                .statusCode(200);
        state(id)
                .body("current", equalTo("finished"))
                .body("status", equalTo("interrupted"))
                .body("deviated", equalTo(false))
                .body("finished_on", notNullValue());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "null",
                "[]",
                "\"running\"",
                "{\"current\": null}",
                "{\"current\": 1}",
                "{\"current\": \"bogus\"}",
                "{\"current\": \"Running\"}",
                "{\"current\": \"pause\"}",
                "{\"current\": \"pause\", \"duration\": null}",
                "{\"current\": \"pause\", \"duration\": 3301}",
                "{\"current\": \"pause\", \"duration\": -1}",
                "{\"current\": \"pause\", \"duration\": \"5\"}",
                "{\"current\": \"pause\", \"duration\": 5.5}",
                "{\"current\": \"pause\", \"duration\": 99999999999999999999}",
                "{\"current\": \"terminate\", \"skip_rollbacks\": \"x\"}",
                "{\"current\": \"finished\", \"status\": \"completed\", \"deviated\": null}",
                "{\"current\": \"finished\", \"status\": \"completed\", \"deviated\": \"false\"}",
                "{\"current\": \"finished\", \"status\": \"done\", \"deviated\": false}",
                "{\"current\": \"running\", \"started_on\": \"yesterday\"}",
                "{\"current\": \"running\", \"started_on\": 5}",
                "{\"current\": \"running\", \"started_on\": \"+999999999-01-01T00:00:00Z\"}",
                "{\"current\": \"running\", \"plan_id\": \"x\"}"
            })
    void aFaultyStateIsRefusedAndChangesNothing(String body) {
        String id = newExecution();
        tenant.request().body(body).put(path(id) + "/state").then().statusCode(422);
        state(id).body("current", equalTo("pending"));
    }

    @Test
    void theLargestPauseIsTaken() {
        String id = newExecution();
        putState(id, Map.of("current", "pause", "duration", 3300)).statusCode(200);
        putState(id, Map.of("current", "pause", "duration", 0)).statusCode(200);
    }

    @Test
    void finishedIsFinal() {
        String id = newExecution(COMPLETED);
        Map<String, Object> finished = Map.of("current", "finished", "status", "completed", "deviated", false);
        putState(id, finished).statusCode(200);
        String first = state(id).extract().asString();
        putState(id, finished).statusCode(200);
        assertThat(state(id).extract().asString(), equalTo(first));
        putState(id, Map.of("current", "finished", "status", "failed", "deviated", false))
                .statusCode(400);
        putState(id, Map.of("current", "finished", "status", "completed", "deviated", true))
                .statusCode(400);
        for (String current : List.of("running", "resume", "terminate", "pending")) {
            putState(id, Map.of("current", current)).statusCode(400).body("detail", notNullValue());
        }
        putState(id, Map.of("current", "pause", "duration", 1)).statusCode(400);
        putState(id, Map.of("current", "bogus")).statusCode(422);
        assertThat(state(id).extract().asString(), equalTo(first));
        tenant.request().get("/experiments/summary").then().body("items[0].executions_count", equalTo(1));
    }

    @Test
    void aLateReportDoesNotChangeWhatAFinishedExecutionCameTo() {
        String id = newExecution(COMPLETED);
        putState(id, Map.of("current", "finished", "status", "failed", "deviated", true))
                .statusCode(200);
        tenant.request()
                .body(Map.of("result", COMPLETED))
                .put(path(id) + "/results")
                .then()
                .statusCode(200);
        filtered("status=failed&deviated=true", id);
    }

    @Test
    void aClientThatResumesDoesNotUndoATermination() {
        String id = newExecution();
        putState(id, Map.of("current", "terminate")).statusCode(200);
        putState(id, Map.of("current", "running")).statusCode(200);
        state(id).body("current", equalTo("terminate")).body("skip_rollbacks", equalTo(false));
        putState(id, Map.of("current", "resume")).statusCode(400);
        putState(id, Map.of("current", "pending")).statusCode(400);
        putState(id, Map.of("current", "terminate", "skip_rollbacks", true)).statusCode(200);
        state(id).body("skip_rollbacks", equalTo(true));
    }

    @Test
    void aStateOfAnUnknownExecutionIsNotFound() {
        putState(NOWHERE, Map.of("current", "running")).statusCode(404);
        tenant.request().get(path(NOWHERE) + "/state").then().statusCode(404);
    }

    @Test
    void aReaderCanLookButNotReport() {
        String id = newExecution();
        String reader = tenant.tokenWith("read");
        tenant.as(reader).get(path(id) + "/state").then().statusCode(200);
        tenant.as(reader)
                .body(Map.of("current", "running"))
                .put(path(id) + "/state")
                .then()
                .statusCode(403);
        tenant.as(reader)
                .body(Map.of("result", "{}"))
                .put(path(id) + "/results")
                .then()
                .statusCode(403);
        tenant.as(reader).body(Map.of("result", "{}")).post(path()).then().statusCode(403);
    }

    // --- the client of a plan ---

    @Test
    void theTokenOfAPlanReportsExecutionsOfItsPlanOnly() {
        PlanOf plan = new PlanOf(tenant);
        String token = tenant.create("/tokens", Map.of("name", "client", "plan_id", plan.id))
                .path("token");
        String own = tenant.as(token)
                .body(Map.of("result", "{}"))
                .post(plan.executions())
                .then()
                .statusCode(201)
                .body("plan_id", equalTo(plan.id))
                .extract()
                .path("id");
        tenant.as(token)
                .body(Map.of("result", "{}", "plan_id", plan.id))
                .post(plan.executions())
                .then()
                .statusCode(201);
        tenant.as(token)
                .body(Map.of("result", "{}", "plan_id", NOWHERE))
                .post(plan.executions())
                .then()
                .statusCode(403);
        tenant.as(token).body(Map.of("result", "{}")).post(path()).then().statusCode(403);
        tenant.as(token).get("/executions").then().statusCode(403);
        tenant.as(token).get(plan.executions() + "/" + own).then().statusCode(403);
        tenant.as(token).delete(plan.executions() + "/" + own).then().statusCode(403);

        tenant.as(token)
                .body(Map.of("result", "{}"))
                .put(plan.executions() + "/" + own + "/results")
                .then()
                .statusCode(200);
        tenant.as(token)
                .body(Map.of("current", "running"))
                .put(plan.executions() + "/" + own + "/state")
                .then()
                .statusCode(200);
        tenant.as(token).get(plan.executions() + "/" + own + "/state").then().statusCode(200);

        String withoutPlan =
                tenant.create(plan.executions(), Map.of("result", "{}")).path("id");
        tenant.as(token)
                .body(Map.of("result", "{}"))
                .put(plan.executions() + "/" + withoutPlan + "/results")
                .then()
                .statusCode(404);
        tenant.as(token)
                .body(Map.of("current", "running"))
                .put(plan.executions() + "/" + withoutPlan + "/state")
                .then()
                .statusCode(404);
        tenant.as(token)
                .get(plan.executions() + "/" + withoutPlan + "/state")
                .then()
                .statusCode(404);
    }

    // --- helpers ---

    /** A manual plan with an experiment of its own. */
    static final class PlanOf {
        final String experiment;
        final String id;

        PlanOf(Tenant tenant) {
            experiment = tenant.create(
                            "/experiments",
                            Map.of(
                                    "definition",
                                    Map.of("title", "of a plan", "description", "n/a", "method", List.of())))
                    .path("id");
            Map<String, Object> body = new HashMap<>();
            body.put("title", "a plan");
            body.put("environment", null);
            body.put(
                    "deployment",
                    Map.of("deployment_id", tenant.deployment(Map.of("type", "reliably_cli", "mode", "manual"))));
            body.put("schedule", Map.of("type", "now"));
            body.put("experiments", List.of(experiment));
            id = tenant.create("/plans", body).path("id");
        }

        String executions() {
            return "/experiments/" + experiment + "/executions";
        }
    }

    private String newExperiment(String title) {
        return tenant.create(
                        "/experiments",
                        Map.of("definition", Map.of("title", title, "description", "n/a", "method", List.of())))
                .path("id");
    }

    private String newExecution() {
        return newExecution("{\"status\": null, \"deviated\": false}");
    }

    private String newExecution(String journal) {
        return tenant.create(path(), Map.of("result", journal)).path("id");
    }

    private String path() {
        return "/experiments/" + experiment + "/executions";
    }

    private String path(String id) {
        return path() + "/" + id;
    }

    private ValidatableResponse putState(String id, Map<String, Object> state) {
        return tenant.request().body(state).put(path(id) + "/state").then();
    }

    private ValidatableResponse state(String id) {
        return tenant.request()
                .get(path(id) + "/state")
                .then()
                .statusCode(200)
                .header("Content-Type", equalTo("application/json"));
    }

    private void filtered(String query, String... ids) {
        tenant.request()
                .get("/executions?" + query)
                .then()
                .statusCode(200)
                .body("count", equalTo(ids.length))
                .body("items.id", equalTo(List.of(ids)));
    }
}
