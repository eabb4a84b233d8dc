package com.reliably.testing;

import static io.restassured.RestAssured.given;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonMetaSchema;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.NonValidationKeyword;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The served OpenAPI document, and whether values are what it says. */
public final class ApiDescription {

    private static final Set<String> METHODS =
            Set.of("get", "put", "post", "delete", "patch", "head", "options", "trace");
    private static final String SCHEMAS = "#/components/schemas/";
    private static final String RESPONSES = "#/components/responses/";

    /** JSON Schema 2020-12; what OpenAPI adds to it demands nothing of a value. */
    private static final JsonSchemaFactory VALIDATORS = JsonSchemaFactory.getInstance(
            SpecVersion.VersionFlag.V202012,
            factory -> factory.metaSchema(JsonMetaSchema.builder(JsonMetaSchema.getV202012())
                    .keyword(new NonValidationKeyword("components"))
                    .build()));

    /**
     * An operation of the document.
     *
     * @param method in lower case
     * @param path   with its parameters in braces
     */
    public record Operation(String method, String path, JsonNode json) {

        /** Method and path, for messages. */
        @Override
        public String toString() {
            return method.toUpperCase(Locale.ROOT) + " " + path;
        }

        private boolean answers(String otherMethod, String[] segments) {
            String[] own = path.split("/");
            if (!method.equalsIgnoreCase(otherMethod) || own.length != segments.length) {
                return false;
            }
            for (int i = 0; i < own.length; i++) {
                if (!own[i].startsWith("{") && !own[i].equals(segments[i])) {
                    return false;
                }
            }
            return true;
        }

        private long literals() {
            return Stream.of(path.split("/"))
                    .filter(segment -> !segment.startsWith("{"))
                    .count();
        }
    }

    private final JsonNode json;
    private final JsonNode components;
    private final Map<String, JsonSchema> validators = new ConcurrentHashMap<>();

    private ApiDescription(JsonNode json) {
        this.json = json;
        this.components = withoutDiscriminators(json.path("components"));
    }

    /** The document of the server that RestAssured talks to. */
    public static ApiDescription read() {
        String text = given().queryParam("format", "json")
                .get("/q/openapi")
                .then()
                .statusCode(200)
                .extract()
                .asString();
        try {
            return new ApiDescription(new ObjectMapper().readTree(text));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The document itself. */
    public JsonNode json() {
        return json;
    }

    /** All of its operations. */
    public List<Operation> operations() {
        return elements(json.path("paths"))
                .flatMap(path -> elements(path.getValue())
                        .filter(member -> METHODS.contains(member.getKey()))
                        .map(member -> new Operation(member.getKey(), path.getKey(), member.getValue())))
                .toList();
    }

    /** The operation that a request reaches; a literal segment goes before a parameter. Empty where there is none. */
    public Optional<Operation> operation(String method, String path) {
        String[] segments = path.split("/");
        return operations().stream()
                .filter(operation -> operation.answers(method, segments))
                .max((one, other) -> Long.compare(one.literals(), other.literals()));
    }

    /** A response, wherever it is described. */
    public JsonNode response(JsonNode response) {
        String ref = response.path("$ref").asText();
        return ref.isEmpty() ? response : json.at("/components/responses/" + ref.substring(RESPONSES.length()));
    }

    /** A schema, wherever it is described. */
    public JsonNode schema(JsonNode schema) {
        String ref = schema.path("$ref").asText();
        return ref.isEmpty() ? schema : json.at("/components/schemas/" + ref.substring(SCHEMAS.length()));
    }

    /** What is wrong with a value that should be as a schema of the document says. */
    public List<String> faults(JsonNode schema, JsonNode value) {
        return validators
                .computeIfAbsent(schema.toString(), ignored -> validator(schema))
                .validate(value, context -> context.getExecutionConfig().setFormatAssertionsEnabled(true))
                .stream()
                .map(ValidationMessage::getMessage)
                .toList();
    }

    private JsonSchema validator(JsonNode schema) {
        ObjectNode whole = (ObjectNode) withoutDiscriminators(schema);
        whole.set("components", components);
        return VALIDATORS.getSchema(whole);
    }

    /** The validator has an idea of its own of them, beyond OpenAPI 3.1, where they are hints. */
    private static JsonNode withoutDiscriminators(JsonNode node) {
        JsonNode copy = node.deepCopy();
        copy.findParents("discriminator").forEach(parent -> ((ObjectNode) parent).remove("discriminator"));
        return copy;
    }

    private static Stream<Map.Entry<String, JsonNode>> elements(JsonNode node) {
        return StreamSupport.stream(node.properties().spliterator(), false);
    }
}
