package com.reliably.contract;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the ids and tokens of a recording are called here. Learns from pairs of answers. */
final class Translation {

    private static final Pattern ID = Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
    private static final Pattern KNOWN = Pattern.compile(ID + "|\\b[0-9a-f]{32}\\b");

    private final Map<String, String> names = new HashMap<>();

    static boolean isId(JsonNode node) {
        return node.isTextual() && ID.matcher(node.textValue()).matches();
    }

    void put(String recorded, String ours) {
        names.put(recorded, ours);
    }

    /** What a recorded id is here; null where no answer told it. */
    String of(String recorded) {
        return names.get(recorded);
    }

    /** The text with every known id and token replaced. */
    String apply(String text) {
        return KNOWN.matcher(text)
                .replaceAll(match -> Matcher.quoteReplacement(names.getOrDefault(match.group(), match.group())));
    }
}
