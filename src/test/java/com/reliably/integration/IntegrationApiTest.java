package com.reliably.integration;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ApiTest
class IntegrationApiTest {

    Tenant tenant;

    @BeforeEach
    void newTenant() {
        tenant = Tenant.create();
    }

    @Test
    void anIntegrationIsCreatedAndDeletedWithItsEnvironment() {
        Response created =
                tenant.create("/integrations", integration("chat", "slack", Map.of("SLACK_CHANNEL", "chaos")));
        String id = created.path("id");
        String environment = created.path("environment_id");
        created.then()
                .body("provider", equalTo("slack"))
                .body("$", hasKey("vendor"))
                .body("vendor", nullValue());
        tenant.request().get("/integrations/" + id).then().statusCode(200).body("environment_id", equalTo(environment));
        tenant.request()
                .get("/environments/" + environment + "/clear")
                .then()
                .body("used_for", equalTo("integration"))
                .body("envvars[0].value", equalTo("chaos"));

        tenant.request()
                .delete("/environments/" + environment)
                .then()
                .statusCode(400)
                .body("detail", containsString("integration"));
        tenant.request().delete("/integrations/" + id).then().statusCode(200).body(equalTo("null"));
        tenant.request().get("/integrations/" + id).then().statusCode(404);
        tenant.request().get("/environments/" + environment).then().statusCode(404);
    }

    @Test
    void aTakenNameIsRefusedAndLeavesNoEnvironmentBehind() {
        tenant.create("/integrations", integration("chat", "slack", Map.of()));
        tenant.request()
                .body(integration("chat", "slack", Map.of()))
                .post("/integrations")
                .then()
                .statusCode(409);
        tenant.request().get("/environments").then().body("count", is(1));
    }

    @Test
    void whatIsWrongIsNamed() {
        Map<String, Object> body = integration("x", "telepathy", Map.of());
        tenant.request()
                .body(body)
                .post("/integrations")
                .then()
                .statusCode(422)
                .body("detail[0].loc", contains("body", "provider"))
                .body("detail[0].msg", containsString("'opentelemetry'"));
        body = integration("x", "slack", Map.of("1", "x"));
        body.put("vendor", "acme");
        tenant.request()
                .body(body)
                .post("/integrations")
                .then()
                .statusCode(422)
                .body("detail[0].loc", contains("body", "vendor"));
        body.put("vendor", "slack");
        tenant.request()
                .body(body)
                .post("/integrations")
                .then()
                .statusCode(422)
                .body("detail[0].loc", contains("body", "environment", "envvars", 0, "var_name"));
        body.remove("environment");
        tenant.request()
                .body(body)
                .post("/integrations")
                .then()
                .statusCode(422)
                .body("detail[0].loc", contains("body", "environment"));
        tenant.request()
                .body(integration("  ", "slack", Map.of()))
                .post("/integrations")
                .then()
                .statusCode(422)
                .body("detail[0].loc", contains("body", "name"));
    }

    @Test
    void integrationsAreListedAndFound() {
        tenant.create("/integrations", integration("b", "slack", Map.of()));
        tenant.create("/integrations", integration("Alpha", "slack", Map.of()));
        tenant.request().get("/integrations").then().body("count", is(2));
        tenant.request()
                .get("/integrations/search?pattern=alp")
                .then()
                .body("count", is(1))
                .body("items[0].name", equalTo("Alpha"));
    }

    @ParameterizedTest
    @CsvSource({
        "slack, chaosslack.control",
        "opentelemetry, chaostracing.oltp",
        "chatgpt, chaosreliably.controls.chatgpt",
        "prechecks, chaosreliably.controls.prechecks",
        "safeguards, chaosreliably.controls.safeguard",
        "autopause, chaosreliably.controls.autopause"
    })
    void theControlNamesTheClientsModule(String provider, String module) {
        control(create("x", provider, Map.of()))
                .body("name", startsWith("reliably-integration-" + provider))
                .body("provider.type", equalTo("python"))
                .body("provider.module", equalTo(module));
    }

    @ParameterizedTest
    @ValueSource(strings = {"assistant", "snapshot", "notification"})
    void whatDoesNothingInARunHasNoControl(String provider) {
        control(create("x", provider, Map.of())).body(equalTo("null"));
    }

    @Test
    void membersThatDoNotApplyAreLeftOut() {
        control(create("x", "slack", Map.of())).body("provider", not(hasKey("arguments")));
        control(create("y", "prechecks", Map.of())).body("provider", not(hasKey("secrets")));
    }

    @Test
    void twoChecksOfOnePlanDoNotHideEachOther() {
        String one = create("one", "prechecks", Map.of("RELIABLY_PRECHECKS_ENDPOINT", "http://one"));
        String two = create("two", "prechecks", Map.of("RELIABLY_PRECHECKS_ENDPOINT", "http://two"));
        String nameOfOne = control(one)
                .body("provider.arguments.url", equalTo("http://one"))
                .extract()
                .path("name");
        String nameOfTwo = control(two)
                .body("provider.arguments.url", equalTo("http://two"))
                .extract()
                .path("name");
        assertNotEquals(nameOfOne, nameOfTwo);
    }

    @Test
    void aSecretIsOnlyReferredTo() {
        String id = create("x", "safeguards", Map.of("RELIABLY_SAFEGUARDS_FREQUENCY", "2.5"));
        control(id)
                .body("provider.arguments.frequency", equalTo("2.5"))
                .body("provider.arguments.url", equalTo(Map.of("type", "env", "key", "RELIABLY_SAFEGUARDS_ENDPOINT")))
                .body(
                        "provider.arguments.auth",
                        equalTo(Map.of("type", "env", "key", "RELIABLY_SAFEGUARDS_ENDPOINT_AUTH")));
    }

    @Test
    void anotherOrganizationSeesNothing() {
        String id = create("x", "slack", Map.of());
        Tenant other = Tenant.create();
        other.request().get("/integrations/" + id).then().statusCode(404);
        other.request().get("/integrations/" + id + "/control").then().statusCode(404);
        other.request().get("/integrations/" + id + "/plans").then().statusCode(404);
        other.request().delete("/integrations/" + id).then().statusCode(404);
        tenant.request()
                .get("/integrations/" + id + "/plans")
                .then()
                .statusCode(200)
                .body("$", empty());
    }

    private String create(String name, String provider, Map<String, String> variables) {
        return tenant.create("/integrations", integration(name, provider, variables))
                .path("id");
    }

    private ValidatableResponse control(String id) {
        return tenant.request().get("/integrations/" + id + "/control").then().statusCode(200);
    }

    private static Map<String, Object> integration(String name, String provider, Map<String, String> variables) {
        Map<String, Object> environment = new HashMap<>();
        environment.put("name", name);
        environment.put(
                "envvars",
                variables.entrySet().stream()
                        .map(entry -> Map.of("var_name", entry.getKey(), "value", entry.getValue()))
                        .toList());
        environment.put("secrets", List.of());
        Map<String, Object> body = new HashMap<>();
        body.put("name", name);
        body.put("provider", provider);
        body.put("environment", environment);
        return body;
    }
}
