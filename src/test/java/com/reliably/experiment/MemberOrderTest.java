package com.reliably.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import com.reliably.testing.TestRuns;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Members keep their order from what a user sent to what a client runs: jsonb sorts them. */
@ApiTest
class MemberOrderTest {

    private static final String JSON = """
            {"title": "ordered", "description": "d", "configuration": {"zone": "a", "b": 1.50, "a": {"z": 1e2, "y": 0}},
             "method": [{"type": "action", "name": "load", "provider": {"type": "process", "path": "vegeta",
               "arguments": {"attack": "", "-duration": "60s", "-rate": "1", "-a": ""}}}], "contributions": {"x": "high", "c": "low"}}
            """;

    private static final String YAML = """
            title: ordered
            description: d
            configuration: {zone: a, b: 1.50, a: {z: 100.0, y: 0}}
            method:
            - type: action
              name: load
              provider:
                type: process
                path: vegeta
                arguments: {attack: '', -duration: 60s, -rate: '1', -a: ''}
            contributions: {x: high, c: low}
            """;

    private static final List<String> ARGUMENTS = List.of("attack", "-duration", "-rate", "-a");

    @Inject
    DataSource database;

    private Tenant tenant;

    @BeforeEach
    void newTenant() {
        tenant = Tenant.create();
    }

    @Test
    void jsonKeepsIt() throws IOException {
        checkEverywhere(
                tenant.create("/experiments", Map.of("definition", JSON)).path("id"));
        checkEverywhere(imported(JSON));
    }

    @Test
    void yamlKeepsIt() throws IOException {
        checkEverywhere(imported(YAML));
    }

    @Test
    void replacingKeepsIt() throws IOException {
        String id = tenant.create(
                        "/experiments",
                        Map.of("definition", Map.of("title", "other", "description", "d", "method", List.of())))
                .path("id");
        tenant.request()
                .body(Map.of("experiment", JSON))
                .put("/experiments/" + id)
                .then()
                .statusCode(200);
        checkEverywhere(id);
    }

    @Test
    void numbersStayAsTheyWereWritten() {
        String text =
                tenant.request().get("/experiments/" + imported(JSON) + "/raw").asString();
        assertTrue(text.contains("\"b\":1.50"), text);
    }

    /** It writes the jsonb alone: what it wrote is served, not the text that is there from before. */
    @Test
    void whatAServerOfAnEarlierVersionWritesIsServed() throws IOException, SQLException {
        String id = imported(JSON);
        execute(
                "update experiment set definition = jsonb_set(definition, '{description}', '\"newer\"') where id = ?",
                id);
        assertEquals("newer", raw(id).path("description").textValue());
        assertEquals(
                "newer", tenant.request().get("/experiments/" + id).jsonPath().getString("definition.description"));
        tenant.request()
                .body(Map.of("experiment", JSON))
                .put("/experiments/" + id)
                .then()
                .statusCode(200);
        checkEverywhere(id);
    }

    /** It writes all columns that it knows, the same jsonb among them. */
    @Test
    void whatAServerOfAnEarlierVersionLeavesAsItIsKeepsItsOrder() throws IOException, SQLException {
        String id = imported(JSON);
        execute("update experiment set definition = definition, version = version + 1 where id = ?", id);
        checkEverywhere(id);
    }

    @Test
    void experimentsOfAnEarlierVersionAreServed() throws IOException, SQLException {
        String id = imported(JSON);
        execute("update experiment set definition_text = null where id = ?", id);
        assertEquals(4, raw(id).at("/method/0/provider/arguments").size());
    }

    private String imported(String document) {
        Response answer = tenant.request().body(Map.of("experiment", document)).post("/experiments/import");
        assertEquals(201, answer.statusCode(), answer.asString());
        return answer.path("id");
    }

    private void checkEverywhere(String id) throws IOException {
        check(raw(id));
        check(new ObjectMapper()
                .readTree(tenant.request().get("/experiments/" + id).asString())
                .path("definition"));
        JsonNode items = new ObjectMapper()
                .readTree(tenant.request().get("/experiments?limit=100").asString())
                .path("items");
        for (JsonNode item : items) {
            if (item.path("id").textValue().equals(id)) {
                check(item.path("definition"));
                return;
            }
        }
        throw new AssertionError("not in the list");
    }

    private JsonNode raw(String id) throws IOException {
        return new ObjectMapper()
                .readTree(tenant.request().get("/experiments/" + id + "/raw").asString());
    }

    private static void check(JsonNode experiment) {
        assertEquals(
                List.of("title", "description", "configuration", "method", "contributions", "controls"),
                names(experiment));
        assertEquals(ARGUMENTS, names(experiment.at("/method/0/provider/arguments")));
        assertEquals(List.of("zone", "b", "a"), names(experiment.path("configuration")));
        assertEquals(List.of("z", "y"), names(experiment.at("/configuration/a")));
        assertEquals(List.of("x", "c"), names(experiment.path("contributions")));
    }

    private static List<String> names(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private void execute(String sql, String id) throws SQLException {
        try (Connection connection = database.getConnection()) {
            TestRuns.execute(connection, sql, UUID.fromString(id));
        }
    }
}
