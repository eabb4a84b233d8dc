package com.reliably.deployment;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;

import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@ApiTest
class DeploymentApiTest {

    Tenant tenant;

    @BeforeEach
    void newTenant() {
        tenant = Tenant.create();
    }

    @Test
    void aDeploymentIsShownWithItsDefaultsAndWithoutItsSecret() {
        String id =
                tenant.deployment(Map.of("type", "github", "repo", "https://github.com/acme/chaos", "token", "ghp_x"));
        tenant.request()
                .get("/deployments/" + id)
                .then()
                .statusCode(200)
                .header("Content-Type", equalTo("application/json"))
                .body("definition.token", equalTo("**********"))
                .body("definition.ref", equalTo("main"))
                .body("created_date", notNullValue());
    }

    @Test
    void aTakenNameIsRefused() {
        Map<String, Object> body = Map.of("name", "once", "definition", Map.of("type", "noop"));
        tenant.create("/deployments", body);
        tenant.request().body(body).post("/deployments").then().statusCode(409);
    }

    @Test
    void aMissingNameIsNamed() {
        tenant.request()
                .body(Map.of("definition", Map.of("type", "noop")))
                .post("/deployments")
                .then()
                .statusCode(422)
                .body("detail[0].type", equalTo("missing"))
                .body("detail[0].loc", contains("body", "name"));
    }
}
