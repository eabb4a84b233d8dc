package com.reliably.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.reliably.problem.Faults;
import java.util.List;
import java.util.Set;

/**
 * Shape of activities and of the tolerances of probes, as the Chaos Toolkit demands it before it runs anything (chaoslib, {@code
 * ensure_activity_is_valid} and {@code ensure_hypothesis_tolerance_is_valid}). Nothing is imported, found or compiled for it:
 * modules, programs and patterns are those of the place where the experiment runs.
 */
final class ActivityRules {

    private static final List<String> TYPES = List.of("probe", "action");
    private static final List<String> PROVIDERS = List.of("python", "process", "http");
    private static final Set<String> TOLERANCES = Set.of("probe", "regex", "jsonpath", "range");

    private ActivityRules() {}

    /**
     * Finds what is wrong with an activity.
     *
     * @param activity an object
     * @param faults   of its place
     */
    static void check(JsonNode activity, Faults faults) {
        JsonNode reference = activity.path("ref");
        if (Json.isPresent(reference)) {
            if (!reference.isTextual() || reference.textValue().isEmpty()) {
                faults.reject("ref", "A reference is the name of an activity");
            }
            return;
        }
        choice(activity, "type", TYPES, "An activity is of the type 'probe' or 'action'", faults);
        if (!Json.isTruth(activity.path("name")) || activity.path("name").isContainerNode()) {
            faults.reject("name", "An activity needs a name that is not empty");
        }
        if (Json.isPresent(activity.path("timeout")) && !Json.isNumber(activity.path("timeout"))) {
            faults.reject("timeout", "A timeout is a number of seconds");
        }
        if (activity.has("background") && !activity.get("background").isBoolean()) {
            faults.reject("background", "This must be true or false");
        }
        pauses(activity.path("pauses"), faults);
        provider(activity.path("provider"), faults);
    }

    private static void pauses(JsonNode pauses, Faults faults) {
        if (!Json.isPresent(pauses)) {
            return;
        }
        if (!pauses.isObject()) {
            faults.reject("pauses", "This must be an object");
            return;
        }
        for (String moment : List.of("before", "after")) {
            String text = pauses.path(moment).textValue();
            if (text != null && !(text.startsWith("${") && text.endsWith("}"))) {
                faults.at("pauses")
                        .reject(
                                moment,
                                "A pause is a number of seconds, or a variable of the configuration or secrets, as in ${name}");
            }
        }
    }

    private static void provider(JsonNode provider, Faults faults) {
        if (!provider.isObject() || provider.isEmpty()) {
            faults.reject(
                    "provider", "An activity needs a provider: an object with a type, 'python', 'process' or 'http'");
            return;
        }
        Faults inside = faults.at("provider");
        choice(provider, "type", PROVIDERS, "A provider is of the type 'python', 'process' or 'http'", inside);
        switch (provider.path("type").asText()) {
            case "python" -> {
                text(provider, "module", "A Python provider needs the name of a module", inside);
                text(provider, "func", "A Python provider needs the name of a function", inside);
            }
            case "process" -> text(provider, "path", "A process provider needs the path of a program", inside);
            case "http" -> {
                text(provider, "url", "An HTTP provider needs a URL", inside);
                if (Json.isTruth(provider.path("headers"))
                        && !provider.get("headers").isObject()) {
                    inside.reject("headers", "Headers are an object of names and values");
                }
            }
            default -> {
                // Is refused by its type.
            }
        }
    }

    /** Finds what is wrong with the tolerance of a hypothesis' probe. */
    static void checkTolerance(JsonNode probe, Faults faults) {
        if (!probe.has("tolerance")) {
            faults.missing("tolerance");
            return;
        }
        JsonNode tolerance = probe.get("tolerance");
        if (tolerance.isNull() || tolerance.isFloatingPointNumber()) {
            faults.reject(
                    "tolerance",
                    "A tolerance is a whole number, a string, true or false, a list of values or an object with a type");
        } else if (tolerance.isObject()) {
            typedTolerance(tolerance, faults.at("tolerance"));
        }
    }

    private static void typedTolerance(JsonNode tolerance, Faults faults) {
        String type = tolerance.path("type").asText();
        if (!TOLERANCES.contains(type)) {
            faults.reject("type", "A tolerance is of the type 'probe', 'regex', 'jsonpath' or 'range'");
        } else if (type.equals("probe")) {
            check(tolerance, faults);
        } else if (type.equals("regex") && !tolerance.path("pattern").isTextual()) {
            faults.reject("pattern", "This tolerance needs a regular expression");
        } else if (type.equals("jsonpath")
                && (tolerance.path("path").textValue() == null
                        || tolerance.path("path").textValue().isBlank())) {
            faults.reject("path", "This tolerance needs a JSON path");
        } else if (type.equals("range") && !isRange(tolerance.path("range"))) {
            faults.reject("range", "A range is a list of two numbers");
        }
    }

    private static boolean isRange(JsonNode range) {
        return range.isArray() && range.size() == 2 && Json.isNumber(range.get(0)) && Json.isNumber(range.get(1));
    }

    private static void choice(JsonNode of, String member, List<String> choices, String msg, Faults faults) {
        if (!choices.contains(of.path(member).asText())) {
            faults.reject(member, msg);
        }
    }

    private static void text(JsonNode of, String member, String msg, Faults faults) {
        String text = of.path(member).textValue();
        if (text == null || text.isEmpty()) {
            faults.reject(member, msg);
        }
    }
}
