package com.reliably.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.reliably.problem.Faults;
import java.util.HashSet;
import java.util.Set;

/** Shape of the controls of an experiment and of its parts, as the Chaos Toolkit demands it (chaoslib, {@code validate_controls}). */
final class ControlRules {

    private final Set<String> names = new HashSet<>();

    /** Notes the controls of a part, to which others may refer. */
    void collect(JsonNode part) {
        for (JsonNode control : part.path("controls")) {
            if (control.isObject()
                    && !control.has("ref")
                    && control.path("name").isTextual()) {
                names.add(control.get("name").textValue());
            }
        }
    }

    /** Finds what is wrong with the controls of a part, once all are collected. */
    void check(JsonNode part, Faults faults) {
        JsonNode controls = part.path("controls");
        if (!controls.isArray() && !controls.isMissingNode()) {
            faults.reject("controls", "This must be a list; leave it out where there is no control");
            return;
        }
        for (int i = 0; i < controls.size(); i++) {
            if (controls.get(i).isObject()) {
                control(controls.get(i), faults.at("controls", i));
            } else {
                faults.at("controls", i).reject(null, "This must be an object");
            }
        }
    }

    private void control(JsonNode control, Faults faults) {
        if (control.has("ref") && !names.contains(control.path("ref").asText())) {
            faults.reject("ref", "No control has this name");
        }
        if (!control.has("name")) {
            faults.missing("name");
        }
        if (!control.path("provider").isObject()) {
            faults.reject("provider", "A control needs a provider: an object with the type 'python' and a module");
        } else if ("python".equals(control.at("/provider/type").textValue())
                && !(control.at("/provider/module").isTextual() && Json.isTruth(control.at("/provider/module")))) {
            faults.at("provider").reject("module", "A Python provider needs the name of a module");
        }
        String scope = control.path("scope").asText();
        if (Json.isTruth(control.path("scope")) && !scope.equals("before") && !scope.equals("after")) {
            faults.reject("scope", "A scope is 'before' or 'after'");
        }
    }
}
