package com.reliably.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.reliably.problem.Faults;
import com.reliably.web.PlainText;
import com.reliably.web.StorableNumber;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Rules of the Chaos Toolkit's own validation (chaoslib, {@code ensure_experiment_is_valid}) that can be judged without running
 * anything, so that no plan fires an experiment that is refused there; and of what the database can hold. What modules,
 * programs and variables there are is known where the experiment runs only.
 */
final class ExperimentRules {

    /** Titles are indexed. */
    static final int LONGEST_TITLE = 500;

    private static final String HYPOTHESIS = "steady-state-hypothesis";
    private static final List<String> OBJECTS =
            List.of(HYPOTHESIS, "configuration", "secrets", "contributions", "runtime");
    private static final List<String> LISTS_OF_OBJECTS = List.of("method", "rollbacks", "extensions");
    /** Null stands for nothing there, except in these, which the Chaos Toolkit then takes for what they are not. */
    private static final List<String> NEVER_NULL =
            List.of(HYPOTHESIS, "configuration", "secrets", "method", "rollbacks");

    private final Faults faults;
    private final Deque<Object> way = new ArrayDeque<>();

    private ExperimentRules(Faults faults) {
        this.faults = faults;
    }

    /** Finds what is wrong with an experiment; {@code faults} already point to it. */
    static void check(ObjectNode experiment, Faults faults) {
        new ExperimentRules(faults).storable(experiment);
        title(experiment.get("title"), faults);
        description(experiment.get("description"), faults);
        for (String member : NEVER_NULL) {
            if (experiment.has(member) && experiment.get(member).isNull()) {
                faults.reject(member, "This must not be null; leave it out");
            }
        }
        for (String member : OBJECTS) {
            if (Json.isPresent(experiment.get(member))
                    && !experiment.get(member).isObject()) {
                faults.reject(member, "This must be an object");
            }
        }
        for (String member : LISTS_OF_OBJECTS) {
            listOfObjects(experiment.get(member), member, faults);
        }
        if (!experiment.has("method")) {
            faults.missing("method");
        }
        tags(experiment.path("tags"), faults);
        extensions(experiment.path("extensions"), faults);
        variables(experiment.path("configuration"), faults.at("configuration"));
        hypothesis(experiment.path(HYPOTHESIS), faults.at(HYPOTHESIS));
        activities(experiment, faults);
        controls(experiment, faults);
    }

    private static void description(JsonNode description, Faults faults) {
        if (!Json.isPresent(description)) {
            faults.missing("description");
        } else if (!description.isTextual()) {
            faults.reject("description", "The description must be a string");
        } else if (description.textValue().isEmpty()) {
            faults.reject("description", "An experiment needs a description that is not empty");
        }
    }

    private static void tags(JsonNode tags, Faults faults) {
        if (Json.isPresent(tags) && !tags.isArray()) {
            faults.reject("tags", "The tags must be a list");
        }
        for (int i = 0; i < tags.size(); i++) {
            if (tags.isArray() && !(tags.get(i).isTextual() && Json.isTruth(tags.get(i)))) {
                faults.at("tags", i).reject(null, "A tag is a string that is not empty");
            }
        }
    }

    private static void extensions(JsonNode extensions, Faults faults) {
        for (int i = 0; i < extensions.size(); i++) {
            JsonNode name = extensions.path(i).path("name");
            if (extensions.path(i).isObject()
                    && (!name.isTextual() || name.textValue().isBlank())) {
                faults.at("extensions", i).reject("name", "An extension needs a name that is not empty");
            }
        }
    }

    /** Entries that are read from the environment of a run need to say from which variable. */
    private static void variables(JsonNode entries, Faults faults) {
        if (!entries.isObject()) {
            return;
        }
        for (Map.Entry<String, JsonNode> entry : entries.properties()) {
            if ("env".equals(entry.getValue().path("type").textValue())
                    && !entry.getValue().path("key").isTextual()) {
                faults.at(entry.getKey()).reject("key", "This needs the name of an environment variable");
            }
        }
    }

    private static void hypothesis(JsonNode hypothesis, Faults faults) {
        if (!hypothesis.isObject()) {
            return;
        }
        if (!Json.isTruth(hypothesis.path("title"))) {
            faults.reject("title", "A hypothesis needs a title that is not empty");
        }
        listOfObjects(hypothesis.get("probes"), "probes", faults);
        for (int i = 0; i < hypothesis.path("probes").size(); i++) {
            JsonNode probe = hypothesis.get("probes").path(i);
            if (probe.isObject()) {
                ActivityRules.check(probe, faults.at("probes", i));
                ActivityRules.checkTolerance(probe, faults.at("probes", i));
            }
        }
    }

    private static void activities(ObjectNode experiment, Faults faults) {
        Set<String> names = new HashSet<>();
        for (JsonNode probe : experiment.path(HYPOTHESIS).path("probes")) {
            names.add(probe.path("name").asText());
        }
        experiment
                .path("method")
                .forEach(activity -> names.add(activity.path("name").asText()));
        for (String part : List.of("method", "rollbacks")) {
            for (int i = 0; i < experiment.path(part).size(); i++) {
                JsonNode activity = experiment.get(part).path(i);
                if (activity.isObject()) {
                    ActivityRules.check(activity, faults.at(part, i));
                    String reference = activity.path("ref").asText();
                    if (part.equals("method") && !reference.isEmpty() && !names.contains(reference)) {
                        faults.at(part, i).reject("ref", "No activity of the hypothesis or the method has this name");
                    }
                }
            }
        }
    }

    private static void controls(ObjectNode experiment, Faults faults) {
        ControlRules rules = new ControlRules();
        List<Map.Entry<JsonNode, Faults>> all = new ArrayList<>();
        all.add(Map.entry(experiment, faults));
        all.add(Map.entry(experiment.path(HYPOTHESIS), faults.at(HYPOTHESIS)));
        for (int i = 0; i < experiment.path(HYPOTHESIS).path("probes").size(); i++) {
            all.add(Map.entry(experiment.path(HYPOTHESIS).get("probes").path(i), faults.at(HYPOTHESIS, "probes", i)));
        }
        for (String part : List.of("method", "rollbacks")) {
            for (int i = 0; i < experiment.path(part).size(); i++) {
                all.add(Map.entry(experiment.get(part).path(i), faults.at(part, i)));
            }
        }
        all.forEach(part -> rules.collect(part.getKey()));
        all.forEach(part -> rules.check(part.getKey(), part.getValue()));
    }

    private static void title(JsonNode title, Faults faults) {
        if (!Json.isPresent(title)) {
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
        if (!Json.isPresent(list)) {
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
