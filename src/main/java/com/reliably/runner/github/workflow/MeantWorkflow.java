package com.reliably.runner.github.workflow;

import com.reliably.schedule.Overlap;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a plan's workflow has to say, worked out of the parsed template: what is edited is what it should be, and everything
 * else is as it was, aliases written out. The edited text is held to it.
 */
final class MeantWorkflow {

    /** Aliases may stand for aliases for aliases. */
    private static final int MOST_NODES = 300_000;

    private static final int DEEPEST = 200;

    private final WorkflowOrder order;
    private final ActionInputs inputs;
    private final String runName;
    private final boolean ofOurOwn;
    private int nodes;

    /**
     * @param runName  the name of runs; null leaves the template's
     * @param ofOurOwn whether the template is the server's
     */
    MeantWorkflow(WorkflowOrder order, ActionInputs inputs, String runName, boolean ofOurOwn) {
        this.order = order;
        this.inputs = inputs;
        this.runName = runName;
        this.ofOurOwn = ofOurOwn;
    }

    /** Whether a text that was parsed says what is meant with a template that was parsed. */
    boolean isWhatSays(Map<?, ?> edited, Map<?, ?> template) {
        Map<Object, Object> meant = copyOf(template);
        Map<Object, Object> said = copyOf(edited);
        return triggersAreMeant(takeTriggers(said), takeTriggers(meant)) && said.equals(edited(meant));
    }

    /** YAML 1.1 reads the key 'on' as true. */
    private static Object takeTriggers(Map<Object, Object> workflow) {
        Object triggers = workflow.remove(Boolean.TRUE);
        return triggers == null ? workflow.remove("on") : triggers;
    }

    private boolean triggersAreMeant(Object said, Object ofTemplate) {
        if (!order.isDispatched()) {
            return Map.of("schedule", schedule()).equals(said);
        }
        if (!(member(said, "workflow_dispatch") instanceof Map<?, ?> dispatch)
                || !(said instanceof Map<?, ?> triggers && triggers.size() == 1)
                || !dispatch.keySet().equals(Set.of("inputs"))
                || !(dispatch.get("inputs") instanceof Map<?, ?> all)
                || !(all.get(WorkflowOrder.RUN_INPUT) instanceof Map<?, ?> ours)
                || !Boolean.FALSE.equals(ours.get("required"))) {
            return false;
        }
        Map<Object, Object> others = new LinkedHashMap<>(all);
        others.remove(WorkflowOrder.RUN_INPUT);
        Object own = member(member(ofTemplate, "workflow_dispatch"), "inputs");
        Map<Object, Object> meant = new LinkedHashMap<>(own instanceof Map<?, ?> inputs ? inputs : Map.of());
        // Where the template is one that was made by us.
        meant.remove(WorkflowOrder.RUN_INPUT);
        return others.equals(meant);
    }

    private static Object member(Object mapping, String name) {
        return mapping instanceof Map<?, ?> members ? members.get(name) : null;
    }

    private List<Map<String, String>> schedule() {
        return order.schedule().stream()
                .map(line -> line.timezone() == null
                        ? Map.of("cron", line.cron())
                        : Map.of("cron", line.cron(), "timezone", line.timezone()))
                .toList();
    }

    private Map<Object, Object> edited(Map<Object, Object> workflow) {
        workflow.putIfAbsent("name", nameOf(order));
        if (runName != null) {
            workflow.put("run-name", runName);
        }
        workflow.computeIfAbsent(
                "concurrency",
                key -> new LinkedHashMap<>(
                        Map.of("group", groupOf(order), "cancel-in-progress", order.overlap() == Overlap.REPLACE)));
        if (workflow.get("jobs") instanceof Map<?, ?> jobs) {
            jobs.values().forEach(job -> {
                if (isMapping(job) && !asMapping(job).containsKey("uses")) {
                    edit(asMapping(job));
                }
            });
        }
        return workflow;
    }

    static String nameOf(WorkflowOrder order) {
        return "Reliably plan " + order.planId();
    }

    /** Runs of a plan go one after the other, unless it allows them to overlap. GitHub keeps one waiting, and no more. */
    static String groupOf(WorkflowOrder order) {
        String group = "reliably-plan-" + order.planId();
        return order.overlap() == Overlap.ALLOW ? group + "-${{ github.run_id }}" : group;
    }

    /** In minutes; null where the template's is left. */
    static Long timeoutOf(WorkflowOrder order) {
        return order.timeout() == null ? null : Math.max(1, (order.timeout().toSeconds() + 59) / 60);
    }

    private void edit(Map<Object, Object> job) {
        if (order.environment() != null) {
            if (isMapping(job.get("environment"))
                    && asMapping(job.get("environment")).containsKey("name")) {
                asMapping(job.get("environment")).put("name", order.environment());
            } else {
                job.put("environment", order.environment());
            }
        }
        Long timeout = timeoutOf(order);
        if (timeout != null && (ofOurOwn || !job.containsKey("timeout-minutes"))) {
            job.put("timeout-minutes", timeout.intValue());
        }
        if (job.get("steps") instanceof List<?> steps) {
            steps.forEach(step -> {
                if (isMapping(step) && asMapping(step).get("uses") instanceof String uses && inputs.areOf(uses)) {
                    editStep(asMapping(step));
                }
            });
        }
    }

    private void editStep(Map<Object, Object> step) {
        Map<Object, Object> with = isMapping(step.get("with")) ? asMapping(step.get("with")) : new LinkedHashMap<>();
        inputs.all().forEach((name, value) -> {
            if (!inputs.isTheTemplates(name) || !with.containsKey(name)) {
                with.put(name, value);
            }
        });
        step.put("with", with);
    }

    private static boolean isMapping(Object value) {
        return value instanceof Map<?, ?>;
    }

    /** Of what {@link #copy} has made. */
    @SuppressWarnings("unchecked")
    private static Map<Object, Object> asMapping(Object value) {
        return (Map<Object, Object>) value;
    }

    private Map<Object, Object> copyOf(Map<?, ?> workflow) {
        nodes = 0;
        return asMapping(copy(workflow, 0));
    }

    /** With each alias written out, so that what is edited in one place is not in another. */
    private Object copy(Object value, int depth) {
        nodes++;
        if (nodes > MOST_NODES || depth > DEEPEST) {
            throw new IllegalArgumentException("aliases stand for too much, or for themselves");
        }
        if (value instanceof Map<?, ?> mapping) {
            Map<Object, Object> copy = new LinkedHashMap<>();
            mapping.forEach((key, member) -> copy.put(key, copy(member, depth + 1)));
            return copy;
        }
        if (value instanceof List<?> list) {
            List<Object> copy = new ArrayList<>(list.size());
            list.forEach(item -> copy.add(copy(item, depth + 1)));
            return copy;
        }
        if (value instanceof Set<?> set) {
            return new LinkedHashSet<>(set);
        }
        return value instanceof byte[] bytes ? ByteBuffer.wrap(bytes) : value;
    }
}
