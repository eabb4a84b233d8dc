package com.reliably.runner.github.workflow;

import java.util.LinkedHashMap;
import java.util.Map;

/** What the steps of a plan's workflow that use the Reliably action are given. */
final class ActionInputs {

    static final String ACTION = "reliablyhq/actions/plan";

    private final WorkflowOrder order;

    ActionInputs(WorkflowOrder order) {
        this.order = order;
    }

    /** Whether a step that uses this uses the action. */
    boolean areOf(String uses) {
        String name = uses.split("@", 2)[0];
        return name.equalsIgnoreCase(ACTION)
                || name.equalsIgnoreCase(order.action().split("@", 2)[0]);
    }

    /** What a template may decide by itself. */
    boolean isTheTemplates(String input) {
        return switch (input) {
            case "github-token", "reliably-experiment-extra" -> true;
            case "reliably-service-token" -> order.tokenSecret() == null;
            default -> false;
        };
    }

    /** By their names, in the order in which they are written. */
    Map<String, String> all() {
        Map<String, String> inputs = new LinkedHashMap<>();
        inputs.put("working-dir", order.baseDir() + "/" + order.planId());
        inputs.put("reliably-host", order.server());
        inputs.put("plan-id", order.planId().toString());
        inputs.put("org-id", order.orgId().toString());
        inputs.put(
                "reliably-experiment-extra",
                order.isDispatched()
                        ? "[{\"type\":\"run\",\"provider\":\"reliably\",\"topic\":\"run\",\"value\":\"${{ inputs."
                                + WorkflowOrder.RUN_INPUT + " }}\"}]"
                        : "[]");
        inputs.put(
                "reliably-service-token",
                order.tokenSecret() == null ? "${{ secrets.RELIABLY_SERVICE_TOKEN }}" : order.tokenSecret());
        inputs.put("github-token", "${{ secrets.GITHUB_TOKEN }}");
        return inputs;
    }
}
