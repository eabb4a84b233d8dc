package com.reliably.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.answer.ListInBatches;
import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import com.reliably.testing.Wire;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Pages whose items carry long texts: they come in pieces, as few at once as memory permits, and are whole all the same. */
@ApiTest
class LargePagesTest {

    private static final int ITEMS = 6;
    private static final String LONG = "x".repeat(100_000);

    final Wire wire = new Wire();

    @Inject
    DataSource database;

    Tenant tenant;

    @BeforeEach
    void meet() {
        tenant = Tenant.create();
    }

    static Stream<Arguments> lists() {
        return Stream.of(
                Arguments.of(
                        "/deployments",
                        Map.of(
                                "definition",
                                Map.of(
                                        "type",
                                        "k8s_job",
                                        "namespace",
                                        "n",
                                        "use_in_cluster_credentials",
                                        true,
                                        "use_default_manifest",
                                        false,
                                        "manifest",
                                        "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations: {a: " + LONG
                                                + "}\nspec:\n  containers: [{name: a, image: a}]\n"))),
                Arguments.of(
                        "/environments",
                        Map.of(
                                "envvars",
                                List.of(Map.of("var_name", "A", "value", LONG)),
                                "secrets",
                                List.of(Map.of("var_name", "B", "key", "b", "value", "hidden")))));
    }

    @ParameterizedTest
    @MethodSource("lists")
    void ofLongTextsComeInPieces(String path, Map<String, Object> body) {
        List<JsonNode> created = IntStream.range(0, ITEMS)
                .mapToObj(i -> create(path, "n" + i, body))
                .toList();
        for (String list : List.of(path + "?limit=" + ITEMS, path + "/search?pattern=n&limit=" + ITEMS)) {
            Wire.Answer page = get(list);
            assertNull(page.header("Content-Length"), "the page was made whole");
            assertEquals(ITEMS, page.json().path("count").asInt());
            assertEquals(created, items(page));
        }
        // The rest of a list that is longer than a page, and what is beyond it.
        assertEquals(created.subList(4, ITEMS), items(get(path + "?limit=4&page=2")));
        assertEquals(ITEMS, get(path + "?limit=4&page=9").json().path("count").asInt());
        assertEquals(List.of(), items(get(path + "?limit=4&page=9")));
        JsonNode first = created.get(0);
        assertEquals(first, get(path + "/" + first.path("id").textValue()).json());
    }

    @Test
    void namesOfMoreEnvironmentsThanAreReadAtOnceAreAllThere() throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement insert = connection.prepareStatement(
                        "insert into environment (id, org_id, name, used_for, envvars, secrets, created_at, created_by,"
                                + " updated_at, version) select gen_random_uuid(), ?, 'n' || lpad(cast(i / 2 as text), 4, '0'),"
                                + " 'plan', '[]', '[]', now(), gen_random_uuid(), now(), 0 from generate_series(0, ?) i")) {
            insert.setObject(1, UUID.fromString(tenant.id()));
            insert.setInt(2, 2 * ListInBatches.BATCH + 10);
            insert.executeUpdate();
        }
        Wire.Answer answer = get("/environments/simple");
        assertNull(answer.header("Content-Length"), "the list was made whole");
        List<String> names = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        answer.json().forEach(found -> {
            names.add(found.path("name").textValue());
            ids.add(found.path("id").textValue());
        });
        assertEquals(2 * ListInBatches.BATCH + 11, ids.size());
        assertEquals(names.stream().sorted().toList(), names);
    }

    private JsonNode create(String path, String name, Map<String, Object> body) {
        Map<String, Object> named = new HashMap<>(body);
        named.put("name", name);
        return new ObjectMapper()
                .valueToTree(tenant.create(path, named).jsonPath().getMap("$"));
    }

    private static List<JsonNode> items(Wire.Answer page) {
        List<JsonNode> items = new ArrayList<>();
        page.json().path("items").forEach(items::add);
        return items;
    }

    private Wire.Answer get(String path) {
        Wire.Answer answer = wire.json("GET", "/api/v1/organization/" + tenant.id() + path, tenant.token(), null);
        assertEquals(200, answer.status(), answer.toString());
        return answer;
    }
}
