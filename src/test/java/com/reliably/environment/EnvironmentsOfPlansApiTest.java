package com.reliably.environment;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@ApiTest
class EnvironmentsOfPlansApiTest {

    Tenant tenant;
    String environment;
    String integration;
    String environmentOfIntegration;
    String plan;

    @BeforeEach
    void newPlan() {
        tenant = Tenant.create();
        Map<String, Object> files = EnvironmentApiTest.environment(
                List.of(EnvironmentApiTest.variable("TOKEN_FILE", "/etc/shop/token")),
                List.of(
                        EnvironmentApiTest.file("t", "token", "/etc/shop/token"),
                        EnvironmentApiTest.file("k", "key", "/etc/shop/key")));
        environment = tenant.create("/environments", files).path("id");
        integration = tenant.create("/integrations", Map.of("name", "chat", "provider", "slack", "environment", files))
                .path("id");
        environmentOfIntegration =
                tenant.request().get("/integrations/" + integration).path("environment_id");
        Map<String, Object> definition = Map.of("title", "nothing happens", "description", "n/a", "method", List.of());
        String experiment =
                tenant.create("/experiments", Map.of("definition", definition)).path("id");
        plan = tenant.create(
                        "/plans",
                        Map.of(
                                "title", "a plan",
                                "environment", Map.of("provider", "reliably_cloud", "id", environment),
                                "deployment",
                                        Map.of(
                                                "deployment_id",
                                                tenant.deployment(Map.of("type", "reliably_cli", "mode", "manual"))),
                                "schedule", Map.of("type", "now"),
                                "experiments", List.of(experiment),
                                "integrations", List.of(integration)))
                .path("id");
    }

    @Test
    void whatAPlanUsesCannotBeDeletedBeforeThePlan() {
        tenant.request().get("/environments/" + environment + "/plans").then().body("$", contains(plan));
        tenant.request().get("/integrations/" + integration + "/plans").then().body("$", contains(plan));
        tenant.request()
                .delete("/environments/" + environment)
                .then()
                .statusCode(400)
                .body("detail", containsString("1 plan(s)"));
        tenant.request()
                .delete("/integrations/" + integration)
                .then()
                .statusCode(400)
                .body("detail", containsString("1 plan(s)"));

        tenant.request().delete("/plans/" + plan).then().statusCode(200);
        tenant.request().delete("/environments/" + environment).then().statusCode(200);
        tenant.request().delete("/integrations/" + integration).then().statusCode(200);
    }

    @Test
    void theClientOfAPlanSeesTheSecretsOfThatPlanAloneAndNeverTwoFilesInOneDirectory() {
        String token =
                tenant.create("/tokens", Map.of("name", "ci", "plan_id", plan)).path("token");
        Set<String> directories = new HashSet<>();
        for (String id : List.of(environment, environmentOfIntegration)) {
            List<String> paths = tenant.as(token)
                    .get("/environments/" + id + "/clear")
                    .then()
                    .statusCode(200)
                    .body("secrets.value", contains("token", "key"))
                    .body("org_id", equalTo(tenant.id()))
                    .extract()
                    .path("secrets.path");
            paths.forEach(path -> directories.add(path.substring(0, path.lastIndexOf('/'))));
        }
        assertEquals(4, directories.size());
        tenant.as(token).get("/integrations/" + integration).then().statusCode(200);
        tenant.as(token).get("/integrations/" + integration + "/control").then().statusCode(200);

        String other = tenant.create("/environments", EnvironmentApiTest.environment(List.of(), List.of()))
                .path("id");
        tenant.as(token).get("/environments/" + other + "/clear").then().statusCode(403);
        tenant.as(token).get("/environments/" + environment).then().statusCode(403);
        tenant.as(token).get("/environments").then().statusCode(403);
    }
}
