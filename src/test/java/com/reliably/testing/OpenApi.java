package com.reliably.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** The OpenAPI document that the server serves, read at test time: what is in there is tested without being listed. */
public final class OpenApi {

    private static final Set<String> METHODS = Set.of("get", "put", "post", "delete", "patch", "head", "options");
    private static final int DEEPEST = 12;

    private final JsonNode document;

    private OpenApi(JsonNode document) {
        this.document = document;
    }

    /** As served now. */
    public static OpenApi served(Wire wire) {
        Wire.Answer answer = wire.send("GET", "/q/openapi?format=json", Map.of(), (byte[]) null);
        if (answer.status() != 200) {
            throw new IllegalStateException("The OpenAPI document is not served: " + answer);
        }
        return new OpenApi(answer.json());
    }

    /**
     * An operation below /api.
     *
     * @param pathParameters  names
     * @param queryParameters names
     * @param body            the schema of a JSON body; null where there is none
     * @param open            whether it needs no token
     */
    public record Operation(
            String id,
            String method,
            String path,
            List<String> pathParameters,
            List<String> queryParameters,
            List<String> requiredQueryParameters,
            JsonNode body,
            boolean open) {

        /** Whether it may change something. */
        public boolean isMutating() {
            return !method.equals("GET");
        }

        @Override
        public String toString() {
            return id + " (" + method + " " + path + ")";
        }
    }

    /** Every operation below /api, in the document's order. */
    public List<Operation> operations() {
        List<Operation> operations = new ArrayList<>();
        document.path("paths").fields().forEachRemaining(path -> {
            if (path.getKey().startsWith("/api/")) {
                path.getValue().fields().forEachRemaining(method -> {
                    if (METHODS.contains(method.getKey())) {
                        operations.add(operation(path.getKey(), path.getValue(), method.getKey(), method.getValue()));
                    }
                });
            }
        });
        return operations;
    }

    private Operation operation(String path, JsonNode item, String method, JsonNode described) {
        List<String> inPath = new ArrayList<>();
        List<String> inQuery = new ArrayList<>();
        List<String> required = new ArrayList<>();
        for (JsonNode parameters : List.of(item.path("parameters"), described.path("parameters"))) {
            for (JsonNode parameter : parameters) {
                JsonNode resolved = resolve(parameter);
                String name = resolved.path("name").textValue();
                switch (resolved.path("in").asText()) {
                    case "path" -> inPath.add(name);
                    case "query" -> {
                        inQuery.add(name);
                        if (resolved.path("required").asBoolean()) {
                            required.add(name);
                        }
                    }
                    default -> {}
                }
            }
        }
        JsonNode body = described
                .path("requestBody")
                .path("content")
                .path("application/json")
                .get("schema");
        return new Operation(
                described.path("operationId").asText(),
                method.toUpperCase(java.util.Locale.ROOT),
                path,
                inPath,
                inQuery,
                required,
                body,
                described.path("security").isEmpty());
    }

    /**
     * A value of a schema, made of its examples, enumerations and defaults.
     *
     * @param whole with the members that are not required, too
     */
    public JsonNode example(JsonNode schema, boolean whole) {
        return example(schema, whole, 0);
    }

    private JsonNode example(JsonNode unresolved, boolean whole, int depth) {
        JsonNode schema = resolve(unresolved);
        JsonNode given = firstOf(schema);
        if (given != null) {
            return given;
        }
        for (String alternatives : List.of("oneOf", "anyOf")) {
            if (schema.path(alternatives).size() > 0) {
                JsonNode value = example(schema.get(alternatives).get(0), whole, depth + 1);
                nameKind(schema, schema.get(alternatives).get(0), value);
                return value;
            }
        }
        if (schema.has("allOf")) {
            ObjectNode merged = JsonNodeFactory.instance.objectNode();
            schema.get("allOf").forEach(part -> {
                if (example(part, whole, depth + 1) instanceof ObjectNode members) {
                    merged.setAll(members);
                }
            });
            return merged;
        }
        String type = schema.path("type").isArray()
                ? schema.get("type").get(0).asText()
                : schema.path("type").asText(schema.has("properties") ? "object" : "string");
        return switch (type) {
            case "object" -> exampleOfObject(schema, whole, depth);
            case "array" -> {
                ArrayNode items = JsonNodeFactory.instance.arrayNode();
                if (depth < DEEPEST && (whole || schema.path("minItems").asInt() > 0)) {
                    items.add(example(schema.path("items"), whole, depth + 1));
                }
                yield items;
            }
            case "integer" ->
                JsonNodeFactory.instance.numberNode(schema.path("minimum").asInt(1));
            case "number" ->
                JsonNodeFactory.instance.numberNode(schema.path("minimum").asDouble(1));
            case "boolean" -> JsonNodeFactory.instance.booleanNode(false);
            case "null" -> JsonNodeFactory.instance.nullNode();
            default -> JsonNodeFactory.instance.textNode(text(schema));
        };
    }

    /**
     * A value of a schema with one text in the place of an id.
     *
     * @param path from the value to the text: names of members, and positions as numbers
     */
    public record ValueWithId(List<String> path, JsonNode value) {}

    /** For each id that values of a schema have, wherever it stands, a value with this text in its place. */
    public List<ValueWithId> idsReplaced(JsonNode schema, String text) {
        return idsReplaced(schema, text, 0);
    }

    private List<ValueWithId> idsReplaced(JsonNode unresolved, String text, int depth) {
        JsonNode schema = resolve(unresolved);
        List<ValueWithId> found = new ArrayList<>();
        if (depth > DEEPEST) {
            return found;
        }
        if (isId(schema)) {
            found.add(new ValueWithId(List.of(), JsonNodeFactory.instance.textNode(text)));
            return found;
        }
        for (String alternatives : List.of("oneOf", "anyOf", "allOf")) {
            for (JsonNode alternative : schema.path(alternatives)) {
                for (ValueWithId inner : idsReplaced(alternative, text, depth + 1)) {
                    JsonNode value = inner.value();
                    if (value instanceof ObjectNode members && alternatives.equals("allOf")) {
                        ObjectNode whole = (ObjectNode) example(schema, true);
                        whole.setAll(members);
                        value = whole;
                    } else {
                        nameKind(schema, alternative, value);
                    }
                    found.add(new ValueWithId(inner.path(), value));
                }
            }
        }
        schema.path("properties").fields().forEachRemaining(member -> {
            // What only answers have is not read.
            if (!resolve(member.getValue()).path("readOnly").asBoolean()) {
                idsReplaced(member.getValue(), text, depth + 1).forEach(inner -> {
                    ObjectNode value = exampleOfObject(schema, true, depth);
                    value.set(member.getKey(), inner.value());
                    found.add(new ValueWithId(prefixed(member.getKey(), inner.path()), value));
                });
            }
        });
        idsReplaced(schema.path("items"), text, depth + 1)
                .forEach(inner -> found.add(new ValueWithId(
                        prefixed("0", inner.path()),
                        JsonNodeFactory.instance.arrayNode().add(inner.value()))));
        if (schema.path("additionalProperties").isObject()) {
            idsReplaced(schema.get("additionalProperties"), text, depth + 1).forEach(inner -> {
                ObjectNode value = JsonNodeFactory.instance.objectNode();
                value.set("a", inner.value());
                found.add(new ValueWithId(prefixed("a", inner.path()), value));
            });
        }
        return found;
    }

    private static boolean isId(JsonNode schema) {
        return schema.path("format").asText().equals("uuid");
    }

    private static List<String> prefixed(String first, List<String> rest) {
        List<String> path = new ArrayList<>(List.of(first));
        path.addAll(rest);
        return path;
    }

    /** Names of the operation's query parameters that are no texts but ids, numbers, times, or true or false. */
    public List<String> typedInQuery(Operation operation) {
        List<String> names = new ArrayList<>();
        JsonNode item = document.path("paths").path(operation.path());
        for (JsonNode parameters : List.of(
                item.path("parameters"),
                item.path(operation.method().toLowerCase(java.util.Locale.ROOT)).path("parameters"))) {
            for (JsonNode parameter : parameters) {
                JsonNode resolved = resolve(parameter);
                if (resolved.path("in").asText().equals("query") && isTyped(resolved.path("schema"))) {
                    names.add(resolved.path("name").asText());
                }
            }
        }
        return names;
    }

    private boolean isTyped(JsonNode unresolved) {
        JsonNode schema = resolve(unresolved);
        for (String alternatives : List.of("oneOf", "anyOf", "allOf")) {
            for (JsonNode alternative : schema.path(alternatives)) {
                if (isTyped(alternative)) {
                    return true;
                }
            }
        }
        String type = schema.path("type").toString();
        return isId(schema)
                || schema.path("format").asText().startsWith("date")
                || type.contains("integer")
                || type.contains("boolean");
    }

    private ObjectNode exampleOfObject(JsonNode schema, boolean whole, int depth) {
        ObjectNode value = JsonNodeFactory.instance.objectNode();
        if (depth >= DEEPEST) {
            return value;
        }
        List<String> required = new ArrayList<>();
        schema.path("required").forEach(name -> required.add(name.asText()));
        schema.path("properties").fields().forEachRemaining(member -> {
            if (whole || required.contains(member.getKey())) {
                value.set(member.getKey(), example(member.getValue(), whole, depth + 1));
            }
        });
        return value;
    }

    /** What tells alternatives apart is rarely a member of the alternatives. */
    private void nameKind(JsonNode schema, JsonNode alternative, JsonNode value) {
        String member = schema.path("discriminator").path("propertyName").asText(null);
        if (member == null || !(value instanceof ObjectNode object)) {
            return;
        }
        String chosen = alternative.path("$ref").asText();
        schema.path("discriminator").path("mapping").fields().forEachRemaining(kind -> {
            if (kind.getValue().asText().equals(chosen)) {
                object.put(member, kind.getKey());
            }
        });
    }

    private static JsonNode firstOf(JsonNode schema) {
        for (String list : List.of("examples", "enum")) {
            if (schema.path(list).size() > 0) {
                return schema.get(list).get(0).deepCopy();
            }
        }
        for (String single : List.of("example", "const", "default")) {
            if (schema.hasNonNull(single)) {
                return schema.get(single).deepCopy();
            }
        }
        return null;
    }

    private static String text(JsonNode schema) {
        return switch (schema.path("format").asText()) {
            case "uuid" -> UUID.randomUUID().toString();
            case "date-time" -> "2030-12-31T23:59:59Z";
            default -> "text";
        };
    }

    /** References replaced by what they name; members beside a reference win. */
    private JsonNode resolve(JsonNode schema) {
        if (!schema.has("$ref")) {
            return schema;
        }
        JsonNode target = resolve(document.at(schema.get("$ref").asText().substring(1)));
        if (schema.size() == 1 || !target.isObject()) {
            return target;
        }
        ObjectNode merged = target.deepCopy();
        schema.fields().forEachRemaining(member -> {
            if (!member.getKey().equals("$ref")) {
                merged.set(member.getKey(), member.getValue());
            }
        });
        return merged;
    }
}
