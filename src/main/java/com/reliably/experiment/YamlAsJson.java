package com.reliably.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;

/** JSON of what {@link com.reliably.yaml.YamlReader} has read, with its aliases followed. */
final class YamlAsJson {

    private static final JsonNodeFactory MAKE = JsonNodeFactory.instance;

    private YamlAsJson() {}

    static JsonNode of(Object value) {
        if (value == null) {
            return MAKE.nullNode();
        } else if (value instanceof String text) {
            return MAKE.textNode(text);
        } else if (value instanceof Boolean truth) {
            return MAKE.booleanNode(truth);
        } else if (value instanceof Integer number) {
            return MAKE.numberNode(number);
        } else if (value instanceof Long number) {
            return MAKE.numberNode(number);
        } else if (value instanceof BigInteger number) {
            return MAKE.numberNode(number);
        } else if (value instanceof Double number) {
            return MAKE.numberNode(number);
        } else if (value instanceof List<?> list) {
            ArrayNode array = MAKE.arrayNode(list.size());
            list.forEach(element -> array.add(of(element)));
            return array;
        } else if (value instanceof Map<?, ?> map) {
            ObjectNode object = MAKE.objectNode();
            map.forEach((name, member) -> object.set((String) name, of(member)));
            return object;
        }
        throw new IllegalStateException("A type that YAML is not read into: " + value.getClass());
    }
}
