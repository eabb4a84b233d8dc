package com.reliably.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import com.reliably.testing.Wire;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Compares an answer with the recorded one: status, media type, members and their JSON types. Values may differ, but the
 * same recorded id must always be the same id here.
 */
final class Comparison {

    private final Translation names;
    private final List<Difference> differences = new ArrayList<>();

    private Comparison(Translation names) {
        this.names = names;
    }

    /** Everything that differs; where the status does, nothing else is looked at. */
    static List<Difference> of(Exchange recorded, Wire.Answer ours, Translation names) {
        Comparison comparison = new Comparison(names);
        if (recorded.status() != ours.status()) {
            comparison.add("status " + recorded.status() + " -> " + ours.status());
            return comparison.differences;
        }
        String type = ours.header("Content-Type");
        if (!recorded.type().equals(ours.mediaType())) {
            comparison.add("type " + recorded.type() + " -> " + ours.mediaType());
        } else if (recorded.type().equals("application/json") && !"application/json".equals(type)) {
            comparison.add("parameters " + type);
        }
        if (recorded.type().endsWith("json")) {
            comparison.compare(ours.status() < 400 ? "$" : "error", recorded.answer(), ours.json(), true);
        }
        return comparison.differences;
    }

    private void add(String what) {
        Difference difference = new Difference(what);
        if (!differences.contains(difference)) {
            differences.add(difference);
        }
    }

    private void compare(String where, JsonNode recorded, JsonNode ours, boolean deep) {
        if (recorded.getNodeType() != ours.getNodeType()) {
            add(where + " " + name(recorded) + " -> " + name(ours));
        } else if (recorded.isObject()) {
            compareMembers(where, recorded, ours, deep);
        } else if (recorded.isArray()) {
            compareItems(where, recorded, ours);
        } else if (Translation.isId(recorded)) {
            compareIds(where, recorded.textValue(), ours);
        }
    }

    private void compareMembers(String where, JsonNode recorded, JsonNode ours, boolean deep) {
        recorded.fieldNames().forEachRemaining(member -> {
            if (!ours.has(member)) {
                add("missing " + where + "." + member);
            } else if (deep) {
                compare(where + "." + member, recorded.get(member), ours.get(member), true);
            }
        });
        ours.fieldNames().forEachRemaining(member -> {
            if (!recorded.has(member)) {
                add("extra " + where + "." + member);
            }
        });
    }

    /** Things that have an id are compared with themselves; without any in common, only the members of the first. */
    private void compareItems(String where, JsonNode recorded, JsonNode ours) {
        if (!recorded.isEmpty() && ours.isEmpty()) {
            add("empty " + where);
            return;
        }
        if (recorded.isEmpty() || ours.isEmpty()) {
            return;
        }
        if (recorded.get(0).has("id")) {
            boolean any = false;
            for (JsonNode item : recorded) {
                JsonNode same = find(ours, names.of(item.path("id").asText()));
                if (same != null) {
                    any = true;
                    compare(where + "[]", item, same, true);
                }
            }
            if (!any) {
                compare(where + "[]", recorded.get(0), ours.get(0), false);
            }
            return;
        }
        if (Translation.isId(recorded.get(0))) {
            return;
        }
        Iterator<JsonNode> mine = ours.iterator();
        for (JsonNode item : recorded) {
            if (!mine.hasNext()) {
                return;
            }
            compare(where + "[]", item, mine.next(), true);
        }
    }

    private static JsonNode find(JsonNode items, String id) {
        for (JsonNode item : items) {
            if (item.path("id").asText().equals(id)) {
                return item;
            }
        }
        return null;
    }

    private void compareIds(String where, String recorded, JsonNode ours) {
        if (!Translation.isId(ours)) {
            add(where + " id -> " + ours);
            return;
        }
        String known = names.of(recorded);
        if (known == null) {
            names.put(recorded, ours.textValue());
        } else if (!known.equals(ours.textValue())) {
            add(where + " another id");
        }
    }

    private static String name(JsonNode node) {
        return node.getNodeType() == JsonNodeType.MISSING
                ? "nothing"
                : node.getNodeType().name().toLowerCase(java.util.Locale.ROOT);
    }
}
