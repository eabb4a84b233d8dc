package com.reliably.deployment;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.reliably.testing.ApiTest;
import com.reliably.testing.OnEveryJdk;
import com.reliably.testing.Tenant;
import io.agroal.api.AgroalDataSource;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.vertx.VertxContextSupport;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@ApiTest
@OnEveryJdk
class DeploymentSecretsTest {

    static final String MASK = "**********";

    @Inject
    DeploymentService service;

    @Inject
    AgroalDataSource database;

    Tenant tenant;

    @BeforeEach
    void newTenant() {
        tenant = Tenant.create();
    }

    @Test
    void aMaskedSecretInAnUpdateKeepsTheStoredOne() throws Throwable {
        String id = tenant.deployment(gitHub("ghp_one"));
        update(id, gitHub(MASK)).statusCode(200);
        assertEquals("ghp_one", tokenOf(id));
    }

    @Test
    void aNewSecretReplacesTheStoredOne() throws Throwable {
        String id = tenant.deployment(gitHub("ghp_one"));
        update(id, gitHub("ghp_two")).statusCode(200);
        assertEquals("ghp_two", tokenOf(id));
    }

    @Test
    void aSecretThatIsLeftOutIsForgotten() throws Throwable {
        String id = tenant.deployment(gitHub("ghp_one"));
        update(id, gitHub(null)).statusCode(200);
        assertNull(tokenOf(id));
        assertEquals(0, secretsOf(id));
        update(id, gitHub(MASK))
                .statusCode(422)
                .body("detail[0].loc", contains("body", "definition", "github", "token"));
    }

    @Test
    void aMaskIsNotASecret() {
        tenant.request()
                .body(Map.of("name", "x", "definition", gitHub(MASK)))
                .post("/deployments")
                .then()
                .statusCode(422)
                .body("detail[0].loc", contains("body", "definition", "github", "token"));
    }

    @Test
    void aCloneHasItsOwnCopyOfTheSecrets() throws Throwable {
        String id = tenant.deployment(gitHub("ghp_one"));
        String copy = tenant.create("/deployments/" + id + "/clone", Map.of("name", "copy"))
                .path("id");
        tenant.request().delete("/deployments/" + id).then().statusCode(200).body(equalTo("null"));
        assertEquals(0, secretsOf(id));
        assertEquals("ghp_one", tokenOf(copy));
    }

    @Test
    void anotherTypeDropsTheSecretsOfTheFormerOne() throws SQLException {
        String id = tenant.deployment(gitHub("ghp_one"));
        update(id, Map.of("type", "noop")).statusCode(200);
        assertEquals(0, secretsOf(id));
        update(id, gitHub(MASK)).statusCode(422);
    }

    @Test
    void aStoredSecretIsNotKeptForAnotherHost() {
        String id = tenant.deployment(container("registry.example.com/chaos:1", "secret"));
        update(id, container("registry.example.com/chaos:2", MASK)).statusCode(200);
        update(id, container("elsewhere.example.com/chaos:2", MASK))
                .statusCode(422)
                .body("detail[0].loc", contains("body", "definition", "container", "registry.password"))
                .body("detail[0].msg", containsString("registry.example.com"));
        update(id, container("elsewhere.example.com/chaos:2", "another")).statusCode(200);
    }

    private static Map<String, Object> container(String image, String password) {
        return Map.of(
                "type", "container", "image", image, "registry", Map.of("username", "chaos", "password", password));
    }

    private io.restassured.response.ValidatableResponse update(String id, Map<String, Object> definition) {
        return tenant.request()
                .body(Map.of("name", "d-" + id, "definition", definition))
                .put("/deployments/" + id)
                .then();
    }

    private String tokenOf(String id) throws Throwable {
        DeploymentDefinition clear = VertxContextSupport.subscribeAndAwait(() ->
                Panache.withSession(() -> service.clearDefinition(UUID.fromString(tenant.id()), UUID.fromString(id))));
        return ((GitHubDefinition) clear).token();
    }

    private int secretsOf(String id) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement query =
                        connection.prepareStatement("select count(*) from secret where owner_id = ?::uuid")) {
            query.setString(1, id);
            try (ResultSet rows = query.executeQuery()) {
                rows.next();
                return rows.getInt(1);
            }
        }
    }

    private static Map<String, Object> gitHub(String token) {
        Map<String, Object> definition =
                new HashMap<>(Map.of("type", "github", "repo", "https://github.com/acme/chaos"));
        if (token != null) {
            definition.put("token", token);
        }
        return definition;
    }
}
