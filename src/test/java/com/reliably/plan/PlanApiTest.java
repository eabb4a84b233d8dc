package com.reliably.plan;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import io.restassured.response.Response;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ApiTest
class PlanApiTest {

    static final String NOWHERE = "00000000-0000-4000-8000-000000000000";

    Tenant tenant;
    String manual;
    String noop;
    String experiment;

    @BeforeEach
    void newTenant() {
        tenant = Tenant.create();
        manual = tenant.deployment(Map.of("type", "reliably_cli", "mode", "manual"));
        noop = tenant.deployment(Map.of("type", "noop"));
        experiment = newExperiment();
    }

    @Test
    void aManualPlanIsCreatedAndShowsHowToRunIt() {
        Response plan = tenant.create("/plans", plan(manual, Map.of("type", "now")));
        plan.then()
                .body("status", equalTo("created"))
                .body("error", nullValue())
                .body("ref", matchesPattern("[0-9a-f]{32}"))
                .body("definition.title", equalTo("a plan"))
                .body("definition.environment", nullValue())
                .body("definition.deployment.deployment_id", equalTo(manual))
                .body("definition.deployment.deployment_type", equalTo("reliably_cli"))
                .body("definition.schedule", equalTo(Map.of("via_agent", false, "type", "now")))
                .body("definition.integrations", empty())
                .body("definition.experiments", contains(experiment))
                .body("executions_count", equalTo(0))
                .body("last_executions_info", hasKey("running"))
                .body("last_executions_info", hasKey("terminated"))
                .body("manual_command", containsString("RELIABLY_ORGANIZATION_ID=" + tenant.id()))
                .body(
                        "manual_command",
                        containsString("service plan execute --set-status --log-stdout --load-environment "
                                + plan.path("id")));
        tenant.request().get("/plans/" + plan.path("id")).then().statusCode(200).body("$", equalTo(plan.path("$")));
    }

    @Test
    void aPlanWithoutIntegrationsHasAnEmptyListOfThem() {
        Map<String, Object> body = plan(noop, Map.of("type", "now"));
        body.put("integrations", null);
        tenant.create("/plans", body)
                .then()
                .body("definition.integrations", empty())
                .body("manual_command", nullValue());
    }

    @Test
    void aCronPlanHasTheTimeZoneUtcUnlessItSaysOtherwise() {
        tenant.create("/plans", plan(noop, Map.of("type", "cron", "pattern", "* * * * *")))
                .then()
                .body("status", equalTo("created"))
                .body("definition.schedule.pattern", equalTo("* * * * *"))
                .body("definition.schedule.timezone", equalTo("Etc/UTC"));
    }

    @Test
    void whatAPlanNamesMustExist() {
        Map<String, Object> body = plan(NOWHERE, Map.of("type", "now"));
        body.put("experiments", List.of(experiment, NOWHERE, experiment));
        body.put("integrations", List.of(NOWHERE));
        body.put("environment", Map.of("provider", "reliably_cloud", "id", NOWHERE));
        tenant.request()
                .body(body)
                .post("/plans")
                .then()
                .statusCode(422)
                .body(
                        "detail.loc",
                        contains(
                                List.of("body", "experiments", 2),
                                List.of("body", "experiments", 1),
                                List.of("body", "integrations", 0),
                                List.of("body", "environment", "id"),
                                List.of("body", "deployment", "deployment_id")));
    }

    @Test
    void anotherOrganizationsThingsDoNotExist() {
        Tenant other = Tenant.create();
        String foreign = other.deployment(Map.of("type", "noop"));
        tenant.request()
                .body(plan(foreign, Map.of("type", "now")))
                .post("/plans")
                .then()
                .statusCode(422)
                .body("detail[0].loc", contains("body", "deployment", "deployment_id"));
        String plan = create(noop, Map.of("type", "now"));
        other.request().get("/plans/" + plan).then().statusCode(404);
        other.request().delete("/plans/" + plan).then().statusCode(404);
        other.request().get("/plans").then().body("count", equalTo(0));
    }

    @Test
    void aPlanNeedsAnExperiment() {
        Map<String, Object> body = plan(noop, Map.of("type", "now"));
        body.put("experiments", List.of());
        tenant.request()
                .body(body)
                .post("/plans")
                .then()
                .statusCode(422)
                .body("detail[0].loc", contains("body", "experiments"));
    }

    @Test
    void anEnvironmentsNameMustNotBeEvaluatedByGitHub() {
        Map<String, Object> body = plan(noop, Map.of("type", "now"));
        body.put("environment", Map.of("provider", "github", "name", "${{ github.token }}"));
        tenant.request()
                .body(body)
                .post("/plans")
                .then()
                .statusCode(422)
                .body("detail[0].loc", contains("body", "environment", "name"))
                .body("detail[0].msg", containsString("${{"));
    }

    @Test
    void aDeploymentTypeMustNotContradictTheDeployment() {
        Map<String, Object> body = plan(noop, Map.of("type", "now"));
        body.put("deployment", Map.of("deployment_id", noop, "deployment_type", "github"));
        tenant.request()
                .body(body)
                .post("/plans")
                .then()
                .statusCode(422)
                .body("detail[0].loc", contains("body", "deployment", "deployment_type"))
                .body("detail[0].msg", containsString("'noop'"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{\"type\":\"now\",\"via_agent\":true}; via_agent",
                "{\"type\":\"later\"}; type",
                "{\"type\":\"cron\"}; pattern",
                "{\"type\":\"cron\",\"pattern\":\"nope\"}; pattern",
                "{\"type\":\"cron\",\"pattern\":\"* * * * * *\"}; pattern",
                "{\"type\":\"cron\",\"pattern\":\"0 0 30 2 *\"}; pattern",
                "{\"type\":\"cron\",\"pattern\":\"* * * * *\",\"timezone\":\"Mars/X\"}; timezone",
            })
    void aScheduleThatMeansNothingIsRefusedNamingTheMember(String schedule, String member) {
        tenant.request()
                .body("{\"deployment\":{\"deployment_id\":\"" + noop + "\"},\"experiments\":[\"" + experiment
                        + "\"],\"schedule\":" + schedule + "}")
                .post("/plans")
                .then()
                .statusCode(422)
                .body("detail", hasSize(1))
                .body("detail[0].loc", contains("body", "schedule", member));
    }

    @Test
    void plansAreListedInTheOrderThatIsAskedFor() {
        String b = createTitled("b");
        String a = createTitled("A");
        String c = createTitled("c");
        tenant.request().get("/plans").then().body("count", equalTo(3)).body("items.id", contains(c, a, b));
        tenant.request().get("/plans?sort=title").then().body("items.id", contains(a, b, c));
        tenant.request()
                .get("/plans?sort=next&limit=2")
                .then()
                .body("count", equalTo(3))
                .body("items", hasSize(2));
        tenant.request().get("/plans?sort=last&page=2&limit=2").then().body("items.id", contains(b));
        tenant.request().get("/plans?sort=x").then().statusCode(422).body("detail[0].loc", contains("query", "sort"));
    }

    @Test
    void aPlanIsFoundByAPartOfItsTitle() {
        String plan = createTitled("Login 100% available");
        createTitled("Login 1000 times");
        tenant.request()
                .queryParam("pattern", "100% AV")
                .get("/plans/search")
                .then()
                .body("count", equalTo(1))
                .body("items.id", contains(plan));
    }

    @Test
    void anUpdateReplacesEverythingAndChangesTheRef() {
        Response before = tenant.create("/plans", plan(noop, Map.of("type", "now")));
        String id = before.path("id");
        Map<String, Object> body =
                plan(manual, Map.of("type", "cron", "pattern", "@daily", "timezone", "Europe/Paris"));
        body.put("title", "another");
        tenant.request().body(body).put("/plans/" + id).then().statusCode(200).body(equalTo("null"));
        tenant.request()
                .get("/plans/" + id)
                .then()
                .body("definition.title", equalTo("another"))
                .body("definition.deployment.deployment_id", equalTo(manual))
                .body("definition.schedule.pattern", equalTo("@daily"))
                .body("definition.experiments", contains(experiment))
                .body("ref", not(equalTo(before.path("ref"))));
        tenant.request().body(body).put("/plans/" + NOWHERE).then().statusCode(404);
        body.put("experiments", List.of(NOWHERE));
        tenant.request().body(body).put("/plans/" + id).then().statusCode(422);
    }

    @Test
    void aClientReportsHowThePlanIsDoing() {
        String plan = create(manual, Map.of("type", "now"));
        report(plan, "running", null);
        status(plan, "running", null);
        report(plan, "error", "no such module");
        status(plan, "error", "no such module");
        report(plan, "completed", null);
        status(plan, "completed", null);
    }

    @Test
    void aCompletedRunOfACronPlanIsAnIteration() {
        String plan = create(manual, Map.of("type", "cron", "pattern", "@daily"));
        report(plan, "completed", null);
        status(plan, "iteration completed", null);
    }

    @Test
    void aStatusThatIsNoneIsRefused() {
        String plan = create(manual, Map.of("type", "now"));
        tenant.request()
                .body(Map.of("status", "bogus"))
                .put("/plans/" + plan + "/status")
                .then()
                .statusCode(422)
                .body("detail[0].type", equalTo("enum"))
                .body("detail[0].loc", contains("body", "status"))
                .body("detail[0].msg", containsString("'iteration completed'"));
        tenant.request()
                .body(Map.of("status", "deleted"))
                .put("/plans/" + plan + "/status")
                .then()
                .statusCode(422);
    }

    @Test
    void aManualPlanIsNotRunByTheServer() {
        String plan = create(manual, Map.of("type", "now"));
        tenant.request()
                .post("/plans/" + plan + "/run")
                .then()
                .statusCode(400)
                .body("detail", containsString("reliably service plan execute"));
        status(plan, "created", null);
    }

    @Test
    void aPlanThatRunsNothingIsRunAllTheSame() {
        String plan = create(noop, Map.of("type", "now"));
        awaitStatus(plan, "completed");
        tenant.request().post("/plans/" + plan + "/run").then().statusCode(200).body(equalTo("null"));
        awaitStatus(plan, "completed");
        tenant.request().get("/plans/" + plan + "/runs").then().body("count", equalTo(2));
    }

    @Test
    void whatOnlyMakesSenseForTheOtherKindOfScheduleIsRefused() {
        String cron = create(noop, Map.of("type", "cron", "pattern", "* * * * *"));
        String now = create(noop, Map.of("type", "now"));
        tenant.request().post("/plans/" + cron + "/run").then().statusCode(400);
        tenant.request().post("/plans/" + now + "/suspend").then().statusCode(400);
        tenant.request().post("/plans/" + now + "/resume").then().statusCode(400);
        tenant.request().get("/plans/" + now + "/fires").then().statusCode(400);
    }

    @Test
    void aCronPlanIsSuspendedAndResumedAsOftenAsAsked() {
        String plan = create(noop, Map.of("type", "cron", "pattern", "* * * * *"));
        for (int i = 0; i < 2; i++) {
            tenant.request()
                    .post("/plans/" + plan + "/suspend")
                    .then()
                    .statusCode(200)
                    .body(equalTo("null"));
            status(plan, "suspended", null);
        }
        tenant.request().get("/plans/" + plan + "/fires").then().body("started_by", equalTo("nobody"));
        for (int i = 0; i < 2; i++) {
            tenant.request()
                    .post("/plans/" + plan + "/resume")
                    .then()
                    .statusCode(200)
                    .body(equalTo("null"));
            status(plan, "created", null);
        }
    }

    @Test
    void theNextFiresOfACronPlanAreShown() {
        String managed = tenant.deployment(Map.of("type", "reliably_cli", "mode", "managed"));
        String plan = create(managed, Map.of("type", "cron", "pattern", "0 12 1 1 *", "timezone", "Europe/Paris"));
        tenant.request()
                .get("/plans/" + plan + "/fires")
                .then()
                .statusCode(200)
                .body("started_by", equalTo("server"))
                .body("timezone", equalTo("Europe/Paris"))
                .body("items", hasSize(10))
                .body("items[0]", matchesPattern("20\\d\\d-01-01T11:00:00\\.000000Z"));
        tenant.request().get("/plans/" + plan + "/fires?limit=2").then().body("items", hasSize(2));
        tenant.request().get("/plans/" + plan + "/fires?limit=0").then().statusCode(422);
    }

    @Test
    void aScheduleCanBeLookedAtBeforeItIsUsed() {
        tenant.request()
                .body(Map.of("pattern", "0 12 1 1 *"))
                .post("/plans/schedule/preview")
                .then()
                .statusCode(200)
                .body("timezone", equalTo("Etc/UTC"))
                .body("items", hasSize(10))
                .body("items[0]", matchesPattern("20\\d\\d-01-01T12:00:00\\.000000Z"));
        tenant.request()
                .body(Map.of("pattern", "0 25 * * *"))
                .post("/plans/schedule/preview")
                .then()
                .statusCode(422)
                .body("detail[0].loc", contains("body", "pattern"))
                .body("detail[0].msg", containsString("the hour (field 2 of 5,"));
    }

    @Test
    void aDeletedPlanIsGoneAndLetsGoOfWhatItUsed() {
        String plan = create(manual, Map.of("type", "now"));
        tenant.request().get("/deployments/" + manual + "/plans").then().body("$", contains(plan));
        tenant.request().delete("/deployments/" + manual).then().statusCode(400);
        tenant.request().delete("/plans/" + plan).then().statusCode(200).body(equalTo("null"));
        tenant.request().get("/plans/" + plan).then().statusCode(404);
        tenant.request().delete("/plans/" + plan).then().statusCode(404);
        tenant.request().get("/plans").then().body("count", equalTo(0));
        tenant.request().delete("/deployments/" + manual).then().statusCode(200);
    }

    @Test
    void theTokenOfAPlanReachesThatPlanAlone() {
        String plan = create(manual, Map.of("type", "now"));
        String other = create(manual, Map.of("type", "now"));
        String token =
                tenant.create("/tokens", Map.of("name", "ci", "plan_id", plan)).path("token");
        tenant.as(token).get("/plans/" + plan).then().statusCode(200);
        tenant.as(token)
                .body(Map.of("status", "running"))
                .put("/plans/" + plan + "/status")
                .then()
                .statusCode(200);
        tenant.as(token).get("/plans/" + other).then().statusCode(403);
        tenant.as(token).delete("/plans/" + plan).then().statusCode(403);
        tenant.request().delete("/plans/" + plan).then().statusCode(200);
        tenant.as(token).get("/plans/" + plan).then().statusCode(401);
    }

    private void report(String plan, String status, String error) {
        Map<String, Object> body = new HashMap<>();
        body.put("status", status);
        body.put("error", error);
        tenant.request()
                .body(body)
                .put("/plans/" + plan + "/status")
                .then()
                .statusCode(200)
                .body("ok", equalTo(true));
    }

    private void awaitStatus(String plan, String status) {
        await().atMost(Duration.ofSeconds(60))
                .until(() ->
                        status.equals(tenant.request().get("/plans/" + plan).path("status")));
    }

    private void status(String plan, String status, String error) {
        tenant.request()
                .get("/plans/" + plan)
                .then()
                .body("status", equalTo(status))
                .body("error", equalTo(error));
    }

    private String create(String deployment, Map<String, Object> schedule) {
        return tenant.create("/plans", plan(deployment, schedule)).path("id");
    }

    private String createTitled(String title) {
        Map<String, Object> body = plan(noop, Map.of("type", "now"));
        body.put("title", title);
        return tenant.create("/plans", body).path("id");
    }

    private Map<String, Object> plan(String deployment, Map<String, Object> schedule) {
        Map<String, Object> body = new HashMap<>();
        body.put("title", "a plan");
        body.put("deployment", Map.of("deployment_id", deployment));
        body.put("schedule", schedule);
        body.put("experiments", List.of(experiment));
        return body;
    }

    private String newExperiment() {
        Map<String, Object> definition = Map.of("title", "nothing happens", "description", "n/a", "method", List.of());
        return tenant.create("/experiments", Map.of("definition", definition)).path("id");
    }
}
