package com.reliably.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.UUID;

/** The Chaos Toolkit control by which a run reports to this server. What is served has it exactly once. */
final class ReliablyControl {

    static final String MODULE = "chaosreliably.controls.experiment";

    private static final String CONTROLS = "controls";
    private static final String EXTENSIONS = "extensions";
    /** The extension in which a run's client keeps what was asked of it: its pause, its termination. */
    private static final String EXTENSION = "reliably";

    private ReliablyControl() {}

    /**
     * Puts the control of this experiment behind those of the user, in place of any that is there already: what
     * {@code /raw} served may be imported again, and a second one would report everything twice.
     *
     * @param experiment its {@code controls}, where present, are null or a list
     */
    static void install(ObjectNode experiment, UUID orgId, UUID experimentId) {
        JsonNodeFactory make = JsonNodeFactory.instance;
        ArrayNode controls = make.arrayNode();
        for (JsonNode control : experiment.path(CONTROLS)) {
            if (!MODULE.equals(control.path("provider").path("module").textValue())) {
                controls.add(control);
            }
        }
        ObjectNode own = controls.addObject();
        own.put("name", "reliably");
        ObjectNode provider = own.putObject("provider");
        provider.put("type", "python");
        provider.put("module", MODULE);
        provider.putObject("arguments").put("org_id", orgId.toString()).put("exp_id", experimentId.toString());
        experiment.set(CONTROLS, controls);
    }

    /**
     * Removes what an earlier run left in an experiment that was taken from its journal: a new run would report it as its own.
     *
     * @param experiment its {@code extensions}, where present, are null or a list
     */
    static void removeRunState(ObjectNode experiment) {
        if (experiment.get(EXTENSIONS) instanceof ArrayNode extensions) {
            for (int i = extensions.size() - 1; i >= 0; i--) {
                if (EXTENSION.equals(extensions.get(i).path("name").textValue())) {
                    extensions.remove(i);
                }
            }
            if (extensions.isEmpty()) {
                experiment.remove(EXTENSIONS);
            }
        }
    }
}
