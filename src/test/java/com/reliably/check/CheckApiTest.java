package com.reliably.check;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import io.agroal.api.AgroalDataSource;
import io.restassured.path.json.JsonPath;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@ApiTest
class CheckApiTest {

    @Inject
    AgroalDataSource database;

    Tenant tenant;

    @BeforeEach
    void newTenant() {
        tenant = Tenant.create();
    }

    private ValidatableResponse check(Map<String, Object> definition) {
        return tenant.request()
                .post("/deployments/" + tenant.deployment(definition) + "/check")
                .then();
    }

    @Test
    void whatTheServerDoesNotStartNeedsNothingOfIt() {
        check(Map.of("type", "reliably_cli", "mode", "manual"))
                .statusCode(200)
                .body("ok", is(true))
                .body("results.outcome", contains("passed"))
                .body("results[0].message", containsString("you or your CI"));
    }

    @Test
    void nothingNeedsNothing() {
        check(Map.of("type", "noop")).statusCode(200).body("ok", is(true)).body("results.outcome", contains("passed"));
    }

    @Test
    void aManagedRunNeedsAnInterpreterAndADirectory() {
        JsonPath found = check(Map.of(
                        "type", "reliably_cli", "mode", "managed", "py_version", "3.99", "base_dir", "/not/there"))
                .statusCode(200)
                .body("ok", is(false))
                .extract()
                .jsonPath();
        assertEquals("failed", outcome(found, "working directory"));
        assertEquals("failed", outcome(found, "Python interpreter"));
        assertEquals("skipped", outcome(found, "requirements resolvable"));
        found.getList("results.findAll { it.outcome == 'failed' }.remedy")
                .forEach(remedy -> assertEquals(true, remedy != null));
    }

    @Test
    void requirementsThatNobodyHasAreFound() {
        JsonPath found = check(Map.of(
                        "type",
                        "reliably_cli",
                        "mode",
                        "managed",
                        "py_dependencies",
                        "there-is-no-such-project-as-this-one==47.11\n"))
                .statusCode(200)
                .extract()
                .jsonPath();
        assertEquals("passed", outcome(found, "Python interpreter"));
        assertEquals("failed", outcome(found, "requirements resolvable"), found.prettify());
    }

    private static String outcome(JsonPath found, String name) {
        return found.getString("results.find { it.name == '" + name + "' }.outcome");
    }

    @Test
    void anEngineThatIsNotThereIsNamedWithARemedy() {
        // The tests' server has no engine of its own.
        check(Map.of("type", "container", "image", "img", "limits", Map.of("memory", "64m")))
                .statusCode(200)
                .body("ok", is(false))
                .body("results.name", hasItem("engine reachable"))
                .body("results.findAll { it.outcome == 'failed' }.remedy", everyItem(notNullValue()));
    }

    @Test
    void aCheckUsesCredentialsAndIsAudited() throws SQLException {
        String deployment = tenant.deployment(Map.of("type", "noop"));
        tenant.request().post("/deployments/" + deployment + "/check").then().statusCode(200);
        try (Connection connection = database.getConnection();
                PreparedStatement query = connection.prepareStatement("select count(*) from audit_event where action ="
                        + " 'deployment.check' and target_id = ?::uuid and org_id = ?::uuid")) {
            query.setString(1, deployment);
            query.setString(2, tenant.id());
            try (ResultSet found = query.executeQuery()) {
                found.next();
                assertEquals(1, found.getInt(1));
            }
        }
    }

    @Test
    void aDeploymentOfOthersIsNotThere() {
        String others = Tenant.create().deployment(Map.of("type", "noop"));
        tenant.request().post("/deployments/" + others + "/check").then().statusCode(404);
        tenant.request()
                .post("/deployments/" + UUID.randomUUID() + "/check")
                .then()
                .statusCode(404);
    }

    @Test
    void whoMayOnlyReadDoesNotCheck() {
        String deployment = tenant.deployment(Map.of("type", "noop"));
        tenant.as(tenant.tokenWith("read"))
                .post("/deployments/" + deployment + "/check")
                .then()
                .statusCode(403);
        tenant.as(tenant.tokenWith("write"))
                .post("/deployments/" + deployment + "/check")
                .then()
                .statusCode(200)
                .body("results", not(equalTo(List.of())));
    }
}
