package com.reliably.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;

/**
 * Reads YAML from strangers into JSON: the types of JSON only, no tags, one document, names that are strings and do not
 * repeat. Aliases are followed, up to a size: a few lines of them can stand for more than any memory holds.
 */
final class YamlDocument {

    private static final int DEEPEST = 100;
    private static final int MOST_ALIASES = 50;

    private final int limit;
    private int left;

    private YamlDocument(int limit) {
        this.limit = limit;
        this.left = limit;
    }

    /** What is wrong with a document, for people. */
    static final class Unreadable extends Exception {
        private static final long serialVersionUID = 1L;

        Unreadable(String message) {
            super(message);
        }
    }

    /**
     * Reads one document.
     *
     * @param limit the most characters that its texts and names have together, aliases followed
     */
    static JsonNode read(String yaml, int limit) throws Unreadable {
        // The library counts only once it has read a value to its end, and reads a long one in quadratic time.
        if (yaml.length() > limit) {
            throw new Unreadable("it exceeds the limit of " + limit + " characters");
        }
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        options.setAllowRecursiveKeys(false);
        options.setMaxAliasesForCollections(MOST_ALIASES);
        options.setNestingDepthLimit(DEEPEST);
        options.setCodePointLimit(limit);
        try {
            Object document = new Yaml(
                            new JsonTypes(options), new Representer(new DumperOptions()), new DumperOptions(), options)
                    .load(yaml);
            return new YamlDocument(limit).toJson(document, 0);
        } catch (MarkedYAMLException e) {
            String at = e.getProblemMark() == null
                    ? ""
                    : " (line " + (e.getProblemMark().getLine() + 1) + ", column "
                            + (e.getProblemMark().getColumn() + 1) + ")";
            throw new Unreadable(e.getProblem() + at);
        } catch (YAMLException | ClassCastException | IllegalArgumentException e) {
            throw new Unreadable(e.getMessage());
        }
    }

    private JsonNode toJson(Object value, int depth) throws Unreadable {
        spend(1);
        if (depth > DEEPEST) {
            throw new Unreadable("it is nested more than " + DEEPEST + " levels deep, or contains itself");
        }
        JsonNodeFactory make = JsonNodeFactory.instance;
        if (value == null) {
            return make.nullNode();
        } else if (value instanceof String text) {
            spend(text.length());
            return make.textNode(text);
        } else if (value instanceof Boolean truth) {
            return make.booleanNode(truth);
        } else if (value instanceof Integer number) {
            return make.numberNode(number);
        } else if (value instanceof Long number) {
            return make.numberNode(number);
        } else if (value instanceof BigInteger number) {
            spend(number.bitLength() / 3);
            return make.numberNode(number);
        } else if (value instanceof Double number) {
            if (number.isNaN() || number.isInfinite()) {
                throw new Unreadable("it has a number that JSON does not have (" + number + ")");
            }
            return make.numberNode(number);
        } else if (value instanceof List<?> list) {
            ArrayNode array = make.arrayNode();
            for (Object element : list) {
                array.add(toJson(element, depth + 1));
            }
            return array;
        } else if (value instanceof Map<?, ?> map) {
            ObjectNode object = make.objectNode();
            for (Map.Entry<?, ?> member : map.entrySet()) {
                if (!(member.getKey() instanceof String name)) {
                    throw new Unreadable("it has the name " + describe(member.getKey())
                            + ", which is not a string; put it in quotes");
                }
                spend(name.length());
                object.set(name, toJson(member.getValue(), depth + 1));
            }
            return object;
        }
        throw new Unreadable("it has a value of a type that JSON does not have");
    }

    private static String describe(Object name) {
        return name instanceof Number || name instanceof Boolean ? "'" + name + "'" : "of a mapping";
    }

    private void spend(int characters) throws Unreadable {
        left -= characters;
        if (left < 0) {
            throw new Unreadable("with its aliases followed it is larger than " + limit + " characters");
        }
    }

    /** The types of YAML 1.1 that JSON has too; a date stays the text it was written as. */
    private static final class JsonTypes extends SafeConstructor {
        JsonTypes(LoaderOptions options) {
            super(options);
            yamlConstructors.put(Tag.TIMESTAMP, new ConstructYamlStr());
            yamlConstructors.put(Tag.BINARY, undefinedConstructor);
            yamlConstructors.put(Tag.SET, undefinedConstructor);
            yamlConstructors.put(Tag.OMAP, undefinedConstructor);
            yamlConstructors.put(Tag.PAIRS, undefinedConstructor);
        }
    }
}
