package com.reliably.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.reliably.problem.Faults;
import com.reliably.web.PlainText;
import com.reliably.web.StorableNumber;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * What an experiment must look like to be stored: the shape that the Chaos Toolkit's own validation starts from
 * (chaoslib, {@code ensure_experiment_is_valid}), no more, because its extensions add to the rest; and nothing in it
 * that the database cannot hold.
 */
final class ExperimentRules {

    /** Titles are indexed. */
    static final int LONGEST_TITLE = 500;

    private static final List<String> OBJECTS =
            List.of("steady-state-hypothesis", "configuration", "secrets", "contributions", "runtime");
    private static final List<String> LISTS_OF_OBJECTS = List.of("method", "rollbacks", "controls", "extensions");

    private final Faults faults;
    private final Deque<Object> way = new ArrayDeque<>();

    private ExperimentRules(Faults faults) {
        this.faults = faults;
    }

    /** Finds what is wrong with an experiment; {@code faults} already point to it. */
    static void check(ObjectNode experiment, Faults faults) {
        title(experiment.get("title"), faults);
        if (isPresent(experiment.get("description"))
                && !experiment.get("description").isTextual()) {
            faults.reject("description", "The description must be a string");
        }
        for (String member : OBJECTS) {
            if (isPresent(experiment.get(member)) && !experiment.get(member).isObject()) {
                faults.reject(member, "This must be an object");
            }
        }
        for (String member : LISTS_OF_OBJECTS) {
            listOfObjects(experiment.get(member), member, faults);
        }
        if (isPresent(experiment.get("tags")) && !experiment.get("tags").isArray()) {
            faults.reject("tags", "The tags must be a list");
        }
        JsonNode hypothesis = experiment.path("steady-state-hypothesis");
        if (hypothesis.isObject()) {
            listOfObjects(hypothesis.get("probes"), "probes", faults.at("steady-state-hypothesis"));
        }
        new ExperimentRules(faults).storable(experiment);
    }

    private static void title(JsonNode title, Faults faults) {
        if (!isPresent(title)) {
            faults.missing("title");
        } else if (!title.isTextual()) {
            faults.reject("title", "The title must be a string");
        } else if (title.textValue().isBlank()) {
            faults.reject("title", "An experiment needs a title that is not empty");
        } else if (title.textValue().length() > LONGEST_TITLE) {
            faults.reject("title", "A title has at most " + LONGEST_TITLE + " characters");
        }
    }

    private static void listOfObjects(JsonNode list, String member, Faults faults) {
        if (!isPresent(list)) {
            return;
        }
        if (!list.isArray()) {
            faults.reject(member, "This must be a list");
            return;
        }
        for (int i = 0; i < list.size(); i++) {
            if (!list.get(i).isObject()) {
                faults.at(member, i).reject(null, "This must be an object");
                return;
            }
        }
    }

    private static boolean isPresent(JsonNode node) {
        return node != null && !node.isNull();
    }

    /** Stops at the first fault: whoever sent one NUL sent many. */
    private boolean storable(JsonNode node) {
        if (node.isTextual()) {
            return PlainText.isStorable(node.textValue())
                    || reject("Text must not contain NUL or half of a surrogate pair");
        }
        if (node.isNumber()) {
            return StorableNumber.isStorable(node.asText()) || reject("This number is too large, or too close to zero");
        }
        if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                way.addLast(i);
                if (!storable(node.get(i))) {
                    return false;
                }
                way.removeLast();
            }
        }
        for (Iterator<Map.Entry<String, JsonNode>> members = node.fields(); members.hasNext(); ) {
            Map.Entry<String, JsonNode> member = members.next();
            way.addLast(member.getKey());
            if (!PlainText.isStorable(member.getKey())) {
                return reject("The name of a member must not contain NUL or half of a surrogate pair");
            }
            if (!storable(member.getValue())) {
                return false;
            }
            way.removeLast();
        }
        return true;
    }

    private boolean reject(String msg) {
        faults.at(way.toArray()).reject(null, msg);
        return false;
    }
}
