package com.reliably.contract;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.reliably.testing.ApiTest;
import com.reliably.testing.OpenApi;
import com.reliably.testing.OpenApi.Operation;
import com.reliably.testing.OpenApi.ValueWithId;
import com.reliably.testing.Tenant;
import com.reliably.testing.Things;
import com.reliably.testing.Wire;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Text that is no id, in the place of each id of every operation of the served OpenAPI document: a limit that is given as
 * empty text is not a limit that was left out.
 */
@ApiTest
class EmptyTextApiTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final List<String> NO_IDS =
            List.of("", " ", "\t", "\u00a0", "x", "0", "null", "1-1-1-1-1", "00000000-0000-4000-8000-00000000000");

    /** Members that say of which kind a value is. */
    private static final List<String> KINDS = List.of("type", "current", "provider");

    /** What changes with each request. */
    private static final Set<String> LIVELY = Set.of("last_used_date");

    final Wire wire = new Wire();
    final List<String> wrong = new ArrayList<>();

    OpenApi api;
    Things things;

    @BeforeEach
    void newThings() {
        api = OpenApi.served(wire);
        things = new Things(wire, api, Tenant.create());
    }

    @Test
    void inABodyItIsRefusedNamingTheMemberAndNothingIsStored() throws IOException {
        Set<String> tried = new HashSet<>();
        // What is made on the way, and the run that ends by itself, would look like changes.
        await().until(() -> stored().equals(stored()));
        for (Operation operation : api.operations()) {
            if (operation.body() == null || operation.open()) {
                continue;
            }
            for (String text : NO_IDS) {
                List<ValueWithId> spoiled = api.idsReplaced(operation.body(), text);
                if (spoiled.isEmpty()) {
                    continue;
                }
                Map<String, String> before = stored();
                for (ValueWithId value : spoiled) {
                    tried.add(operation.id() + " " + String.join(".", value.path()));
                    refuseBody(operation, value);
                }
                sameAs(before, operation, text);
            }
        }
        assertEquals(List.of(), wrong, () -> "\n  " + String.join("\n  ", wrong));
        assertTrue(tried.size() >= 13, () -> "only these ids of bodies are described: " + tried);
    }

    @Test
    void inAQueryItIsRefusedNamingTheParameter() {
        int tried = 0;
        for (Operation operation : api.operations()) {
            for (String parameter : api.typedInQuery(operation)) {
                tried++;
                for (String text : List.of("", " ", "\t", "x", "1-1-1-1-1")) {
                    String target = things.target(operation, Map.of());
                    Wire.Answer answer = send(
                            operation,
                            target + (target.contains("?") ? "&" : "?") + parameter + "="
                                    + URLEncoder.encode(text, StandardCharsets.UTF_8),
                            things.body(operation, false));
                    expectFault(operation, parameter + " '" + text + "'", answer, List.of("query", parameter));
                }
            }
        }
        assertEquals(List.of(), wrong, () -> "\n  " + String.join("\n  ", wrong));
        assertTrue(tried >= 10, "only " + tried + " such parameters are described");
    }

    private void refuseBody(Operation operation, ValueWithId spoiled) throws IOException {
        JsonNode body = place(JSON.readTree(things.body(operation, true)), spoiled.value(), spoiled.path());
        Wire.Answer answer = send(operation, things.target(operation, Map.of()), body.toString());
        List<String> loc = new ArrayList<>(List.of("body"));
        loc.addAll(spoiled.path());
        expectFault(operation, body.toString(), answer, loc);
    }

    /** The valid value, with what the other has at the path; a value of another kind gives way as a whole. */
    private static JsonNode place(JsonNode valid, JsonNode other, List<String> path) {
        if (path.isEmpty()
                || !(valid instanceof ObjectNode members)
                || !other.isObject()
                || !KINDS.stream().allMatch(kind -> valid.path(kind).equals(other.path(kind)))) {
            return other;
        }
        String member = path.get(0);
        members.set(member, place(valid.path(member), other.path(member), path.subList(1, path.size())));
        return members;
    }

    private void expectFault(Operation operation, String what, Wire.Answer answer, List<String> loc) {
        boolean named = false;
        for (JsonNode fault : answer.json().path("detail")) {
            List<String> found = new ArrayList<>();
            fault.path("loc").forEach(step -> found.add(step.asText()));
            named = named || found.equals(loc);
        }
        if (answer.status() != 422 || !named) {
            wrong.add(operation + " " + loc + " " + what + ": " + answer);
        }
    }

    private Wire.Answer send(Operation operation, String target, String body) {
        return wire.json(operation.method(), target, things.tenant().token(), body);
    }

    /** What everything that can be read of the organization looks like. */
    private Map<String, String> stored() {
        Map<String, String> answers = new TreeMap<>();
        for (Operation operation : api.operations()) {
            if (operation.method().equals("GET") && operation.pathParameters().contains("org_id")) {
                Wire.Answer answer = send(operation, things.target(operation, Map.of()), null);
                JsonNode json = answer.json();
                LIVELY.forEach(
                        member -> json.findParents(member).forEach(parent -> ((ObjectNode) parent).remove(member)));
                answers.put(operation.id(), answer.status() + " " + (json.isMissingNode() ? answer.text() : json));
            }
        }
        return answers;
    }

    private void sameAs(Map<String, String> before, Operation operation, String text) {
        Map<String, String> after = stored();
        before.forEach((reading, answer) -> {
            if (!answer.equals(after.get(reading))) {
                wrong.add(operation + " with '" + text + "' changed " + reading + ": " + answer + "\n    to "
                        + after.get(reading));
            }
        });
    }
}
