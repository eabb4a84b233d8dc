package com.reliably.web;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.reliably.testing.ApiDescription;
import com.reliably.testing.ApiTest;
import com.reliably.testing.OnEveryJdk;
import com.reliably.testing.Tenant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The rules of the served OpenAPI document: a linter for it. Python's package index has validators of OpenAPI, one of
 * which ServedDocumentIT runs, but no linter with rules of one's own; the usual ones need Node, which a user of this
 * project may not have.
 */
@ApiTest
@OnEveryJdk
class OpenApiDocumentTest {

    private static final String SCHEMAS = "#/components/schemas/";
    private static final String RESPONSES = "#/components/responses/";
    private static final int LONGEST_SUMMARY = 100;

    private final List<String> faults = new ArrayList<>();
    private ApiDescription api;
    private JsonNode document;

    @BeforeEach
    void read() {
        api = ApiDescription.read();
        document = api.json();
    }

    @Test
    void saysWhatItIsAndHowToSignIn() {
        assertAll(
                () -> assertTrue(document.path("openapi").asText().startsWith("3.1")),
                () -> assertTrue(document.at("/info/title").isTextual()),
                () -> assertTrue(document.at("/info/version").isTextual()),
                () -> assertTrue(document.at("/info/description").isTextual()),
                () -> assertEquals("/", document.at("/servers/0/url").asText()),
                () -> assertEquals(
                        "bearer",
                        document.at("/components/securitySchemes/bearer/scheme").asText()));
    }

    @Test
    void everyOperationIsDescribed() {
        Set<String> ids = new HashSet<>();
        eachOperation((name, operation) -> {
            String id = operation.path("operationId").asText();
            demand(id.matches("[a-z][A-Za-z0-9]+"), name, "has no operationId in lowerCamelCase");
            demand(ids.add(id), name, "shares the operationId " + id);
            String summary = operation.path("summary").asText();
            demand(
                    summary.matches("[A-Z].*[^.]"),
                    name,
                    "has no summary that begins upper-case and ends without a period");
            demand(summary.length() <= LONGEST_SUMMARY, name, "has a summary that is too long for a list");
            boolean open = operation.path("security").isArray()
                    && operation.path("security").isEmpty();
            demand(
                    operation.path("description").asText().contains(open ? "Needs no token" : "Needs a token"),
                    name,
                    "does not say which right it needs");
            demand(operation.path("tags").size() == 1, name, "needs exactly one tag");
            demand(open || operation.at("/security/0/bearer").isArray(), name, "does not demand the bearer scheme");
        });
        assertNoFaults();
    }

    @Test
    void everyTagIsDescribedAndUsed() {
        Set<String> used = new TreeSet<>();
        eachOperation((name, operation) -> operation.path("tags").forEach(tag -> used.add(tag.asText())));
        Set<String> declared = new TreeSet<>();
        document.path("tags").forEach(tag -> {
            demand(
                    tag.path("description").isTextual(),
                    "tag " + tag.path("name").asText(),
                    "has no description");
            declared.add(tag.path("name").asText());
        });
        assertNoFaults();
        assertEquals(declared, used);
    }

    @Test
    void everyParameterIsDescribedAndTyped() {
        api.operations().forEach(described -> {
            String name = described.toString();
            JsonNode operation = described.json();
            Set<String> inPath = new HashSet<>();
            operation.path("parameters").forEach(parameter -> {
                String parameterName = parameter.path("name").asText();
                String where = name + " parameter " + parameterName;
                demand(parameter.path("description").isTextual(), where, "has no description");
                demand(isTyped(parameter.path("schema")), where, "has no type");
                demand(
                        parameterName.matches("[a-z][a-z0-9_]*")
                                || parameter.path("in").asText().equals("header"),
                        where,
                        "is not snake_case");
                if (parameter.path("in").asText().equals("path")) {
                    inPath.add(parameterName);
                }
            });
            for (String segment : described.path().split("/")) {
                if (segment.startsWith("{")) {
                    demand(
                            inPath.contains(segment.substring(1, segment.length() - 1)),
                            name,
                            "does not declare " + segment);
                }
            }
        });
        assertNoFaults();
    }

    @Test
    void everyAnswerIsDescribedWithItsContent() {
        eachOperation((name, operation) -> {
            Set<String> statuses = new TreeSet<>();
            operation.path("responses").properties().forEach(response -> {
                statuses.add(response.getKey());
                checkResponse(name + " " + response.getKey(), response.getKey(), api.response(response.getValue()));
            });
            demand(statuses.stream().anyMatch(status -> status.startsWith("2")), name, "never succeeds");
            boolean open = operation.path("security").isEmpty();
            demand(
                    statuses.containsAll(
                            open ? Set.of("400", "401", "500", "503") : Set.of("400", "401", "403", "500", "503")),
                    name,
                    "leaves errors out: " + statuses);
            if (operation.has("requestBody")) {
                demand(
                        statuses.containsAll(Set.of("408", "413", "415", "422", "503")),
                        name,
                        "leaves errors of bodies out");
                demand(operation.at("/requestBody/required").asBoolean(), name, "does not demand its body");
            }
        });
        assertNoFaults();
    }

    private void checkResponse(String where, String status, JsonNode response) {
        demand(response.path("description").isTextual(), where, "has no description");
        // 204: RFC 9110 gives it no body.
        demand(response.path("content").size() > 0 != status.equals("204"), where, "does not say what is in the body");
        response.path("content").properties().forEach(content -> {
            demand(isTyped(content.getValue().path("schema")), where, "has a body without a type");
            if (status.startsWith("2")) {
                boolean example =
                        content.getValue().has("examples") || content.getValue().has("example");
                boolean nothing = api.schema(content.getValue().path("schema"))
                        .path("type")
                        .asText()
                        .equals("null");
                boolean json = content.getKey().equals("application/json");
                demand(!json || nothing || example, where, "has no example (openapi-examples.yaml)");
            } else {
                demand(content.getKey().equals("application/problem+json"), where, "is not a problem document");
            }
        });
    }

    @Test
    void everyRequestHasAnExample() {
        eachOperation((name, operation) -> operation
                .at("/requestBody/content")
                .properties()
                .forEach(body -> demand(
                        body.getValue().path("examples").size() > 0,
                        name,
                        "has no example of its request (openapi-examples.yaml)")));
        assertNoFaults();
    }

    @Test
    void everyMemberIsTypedAndWhereItIsTextSaysWhatItHolds() {
        document.at("/components/schemas").properties().forEach(component -> {
            demand(component.getKey().matches("[A-Z][A-Za-z0-9]*"), component.getKey(), "is not in UpperCamelCase");
            demand(!component.getKey().matches(".*(View|Input|Record|Dto)"), component.getKey(), "is named as a class");
            component.getValue().path("properties").properties().forEach(property -> {
                String where = component.getKey() + "." + property.getKey();
                JsonNode schema = property.getValue();
                demand(property.getKey().matches("[a-z][a-z0-9_]*"), where, "is not snake_case");
                demand(isTyped(schema), where, "has no type");
                boolean plainText = schema.path("type").toString().contains("string")
                        && !schema.has("enum")
                        && !schema.has("format");
                demand(
                        !plainText || schema.has("description") || schema.has("examples"),
                        where,
                        "has neither a description nor an example");
                demand(
                        !schema.path("type").asText().equals("array") || isTyped(schema.path("items")),
                        where,
                        "is a list of nobody knows what");
            });
        });
        assertNoFaults();
    }

    @Test
    void everySchemaAndSharedAnswerIsUsed() {
        String text = document.toString();
        document.at("/components/schemas")
                .fieldNames()
                .forEachRemaining(name -> demand(text.contains('"' + SCHEMAS + name + '"'), name, "is not used"));
        document.at("/components/responses")
                .fieldNames()
                .forEachRemaining(name -> demand(text.contains('"' + RESPONSES + name + '"'), name, "is not used"));
        assertNoFaults();
    }

    @Test
    void everyExampleIsValid() {
        eachOperation((name, operation) -> {
            checkExamples(name + " request", operation.at("/requestBody/content"));
            operation
                    .path("responses")
                    .properties()
                    .forEach(response -> checkExamples(
                            name + " " + response.getKey(),
                            api.response(response.getValue()).path("content")));
        });
        document.at("/components/schemas").properties().forEach(component -> {
            component.getValue().path("properties").properties().forEach(property -> property.getValue()
                    .path("examples")
                    .forEach(example ->
                            checkExample(component.getKey() + "." + property.getKey(), property.getValue(), example)));
        });
        assertNoFaults();
    }

    private void checkExamples(String where, JsonNode content) {
        content.forEach(body -> {
            body.path("examples")
                    .properties()
                    .forEach(example -> checkExample(
                            where + " " + example.getKey(),
                            body.path("schema"),
                            example.getValue().path("value")));
            if (body.has("example")) {
                checkExample(where, body.path("schema"), body.path("example"));
            }
        });
    }

    private void checkExample(String where, JsonNode schema, JsonNode example) {
        api.faults(schema, example).forEach(fault -> faults.add(where + " has an invalid example: " + fault));
    }

    /** What is shown is what works: those that refer to nothing else are sent as they stand. */
    @TestFactory
    Stream<DynamicTest> theServerTakesTheExamples() {
        Map<String, String> creations = Map.of(
                "createDeployment", "/deployments",
                "createToken", "/tokens",
                "createEnvironment", "/environments",
                "createIntegration", "/integrations",
                "createExperiment", "/experiments",
                "importExperiment", "/experiments/import");
        return creations.entrySet().stream().flatMap(creation -> {
            JsonNode operation = document.path("paths")
                    .path("/api/v1/organization/{org_id}" + creation.getValue())
                    .path("post");
            assertEquals(creation.getKey(), operation.path("operationId").asText());
            return operation.at("/requestBody/content/application~1json/examples").properties().stream()
                    .map(example ->
                            DynamicTest.dynamicTest(creation.getKey() + " " + example.getKey(), () -> Tenant.create()
                                    .request()
                                    .body(example.getValue().path("value").toString())
                                    .post(creation.getValue())
                                    .then()
                                    .statusCode(201)));
        });
    }

    private void eachOperation(BiConsumer<String, JsonNode> visitor) {
        api.operations().forEach(operation -> visitor.accept(operation.toString(), operation.json()));
    }

    private static boolean isTyped(JsonNode schema) {
        return schema.has("type")
                || schema.has("$ref")
                || schema.has("anyOf")
                || schema.has("oneOf")
                || schema.has("allOf");
    }

    private void demand(boolean kept, String where, String fault) {
        if (!kept) {
            faults.add(where + " " + fault);
        }
    }

    private void assertNoFaults() {
        assertTrue(faults.isEmpty(), () -> "\n" + String.join("\n", faults));
    }
}
