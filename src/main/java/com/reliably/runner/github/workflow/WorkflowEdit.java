package com.reliably.runner.github.workflow;

import com.reliably.runner.LaunchFailure;
import com.reliably.runner.github.workflow.YamlPlaces.Alias;
import com.reliably.runner.github.workflow.YamlPlaces.Place;
import com.reliably.schedule.Overlap;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * Makes a plan's workflow out of a template by editing its text where the parsed document says: everything that is not
 * edited stays as its author wrote it, comments and all. What comes out is parsed again, and compared with what was meant.
 */
final class WorkflowEdit {

    private static final String TEMPLATE = WorkflowTemplate.NAME;

    private final WorkflowTemplate template;
    private final WorkflowOrder order;
    private final ActionInputs inputs;
    private final boolean ofOurOwn;
    private final TextEdits edits = new TextEdits();
    private YamlPlaces places;
    private String runName;

    private WorkflowEdit(WorkflowTemplate template, WorkflowOrder order, boolean ofOurOwn) {
        this.template = template;
        this.order = order;
        this.inputs = new ActionInputs(order);
        this.ofOurOwn = ofOurOwn;
    }

    /**
     * The workflow for a plan.
     *
     * @param ofOurOwn whether the template is the server's, of which everything may be replaced
     * @throws LaunchFailure where the template cannot be used; says what to change
     */
    static String of(String template, WorkflowOrder order, boolean ofOurOwn) {
        if (template.length() > WorkflowTemplate.LARGEST) {
            throw new LaunchFailure(TEMPLATE + " has more than " + WorkflowTemplate.LARGEST + " characters.");
        }
        refuseExpressions("environment", order.environment());
        refuseExpressions("base_dir", order.baseDir());
        WorkflowEdit edit = new WorkflowEdit(WorkflowTemplate.of(template), order, ofOurOwn);
        try {
            return edit.verified(edit.edited());
        } catch (LaunchFailure e) {
            throw e;
        } catch (RuntimeException | StackOverflowError e) {
            // Whatever people can write, and neither the parser nor this thought of: patterns overflow the stack, too.
            throw new LaunchFailure(edit.unsafe(), e);
        }
    }

    /** GitHub would evaluate it, with the secrets at hand. */
    private static void refuseExpressions(String member, String value) {
        if (value != null && (value.contains("${{") || value.chars().anyMatch(Character::isISOControl))) {
            throw new LaunchFailure("The deployment's or plan's '" + member + "' must not have '${{' in it.");
        }
    }

    private String edited() {
        MappingNode root = template.read();
        places = template.places();
        top(root);
        MappingNode jobs =
                Members.mapping(root, "jobs").orElseThrow(() -> new LaunchFailure(TEMPLATE + " has no jobs."));
        Set<Node> done = Collections.newSetFromMap(new IdentityHashMap<>());
        int uses = 0;
        for (NodeTuple entry : jobs.getValue()) {
            // The same node where it is an alias of another job.
            if (entry.getValueNode() instanceof MappingNode job && done.add(job)) {
                uses += job(job, done);
            }
        }
        if (uses == 0) {
            throw new LaunchFailure(
                    TEMPLATE + " has no step that uses " + ActionInputs.ACTION + ": add one, or delete the template.");
        }
        return applied();
    }

    private void top(MappingNode root) {
        boolean flow = root.getFlowStyle() == FlowStyle.FLOW;
        Map<String, String> before = new LinkedHashMap<>();
        Map<String, String> after = new LinkedHashMap<>();
        if (Members.entry(root, "name").isEmpty()) {
            before.put("name", TextEdits.quoted(MeantWorkflow.nameOf(order)));
        }
        Optional<NodeTuple> existing = Members.entry(root, "run-name");
        if (order.isDispatched()) {
            String suffix = " (run ${{ inputs." + WorkflowOrder.RUN_INPUT + " }})";
            String name = existing.map(NodeTuple::getValueNode)
                    .filter(ScalarNode.class::isInstance)
                    .map(node -> ((ScalarNode) node).getValue().strip())
                    // Where the template is one that was made by us.
                    .map(value -> value.endsWith(suffix) ? value.substring(0, value.length() - suffix.length()) : value)
                    .filter(value -> !value.isEmpty())
                    .orElse(MeantWorkflow.nameOf(order));
            runName = name + suffix;
            existing.ifPresentOrElse(
                    entry -> replaceEntry(entry, "run-name: " + TextEdits.quoted(runName)),
                    () -> before.put("run-name", TextEdits.quoted(runName)));
        } else if (existing.isEmpty()) {
            runName = MeantWorkflow.nameOf(order);
            before.put("run-name", TextEdits.quoted(runName));
        }
        if (Members.entry(root, "concurrency").isEmpty()) {
            after.put("concurrency", concurrency());
        }
        Optional<NodeTuple> on = Members.entry(root, "on");
        Triggers triggers = new Triggers(template, order, on);
        String separator = flow ? ", " : template.newline();
        StringJoiner whole = new StringJoiner(separator);
        before.forEach((key, value) -> whole.add(key + ": " + value));
        whole.add(flow ? triggers.inFlow() : triggers.inBlock());
        after.forEach((key, value) -> whole.add(key + ": " + value));
        if (on.isPresent()) {
            replaceEntry(on.get(), whole.toString());
        } else {
            insertFirst(root, whole.toString());
        }
    }

    private String concurrency() {
        return "{ group: " + TextEdits.quoted(MeantWorkflow.groupOf(order)) + ", cancel-in-progress: "
                + (order.overlap() == Overlap.REPLACE) + " }";
    }

    private int job(MappingNode job, Set<Node> done) {
        if (Members.entry(job, "uses").isPresent()) {
            // A reusable workflow's jobs have environments of their own, and none can be given here.
            return 0;
        }
        environment(job);
        Long timeout = MeantWorkflow.timeoutOf(order);
        if (timeout != null
                && (ofOurOwn || Members.entry(job, "timeout-minutes").isEmpty())) {
            put(job, "timeout-minutes", timeout.toString());
        }
        int uses = 0;
        if (Members.entry(job, "steps").map(NodeTuple::getValueNode).orElse(null) instanceof SequenceNode steps
                && done.add(steps)) {
            for (Node node : steps.getValue()) {
                if (node instanceof MappingNode step && usesAction(step)) {
                    uses++;
                    if (done.add(step)) {
                        step(step, done);
                    }
                }
            }
        }
        return uses;
    }

    private void environment(MappingNode job) {
        if (order.environment() == null) {
            return;
        }
        Optional<NodeTuple> existing = Members.entry(job, "environment");
        Optional<MappingNode> withUrl = Members.mapping(job, "environment")
                .filter(node -> Members.entry(node, "name").isPresent());
        if (withUrl.isEmpty()) {
            put(job, "environment", TextEdits.quoted(order.environment()));
        } else if (places.valueOf(existing.orElseThrow()).alias()) {
            replaceEntry(existing.get(), "environment: " + writtenOut(withUrl.get()));
        } else {
            put(withUrl.get(), "name", TextEdits.quoted(order.environment()));
        }
    }

    /** Written out where it was an alias. What is no plain word in it is missed when the result is looked at. */
    private String writtenOut(MappingNode environment) {
        StringJoiner entries = new StringJoiner(", ", "{ ", " }");
        entries.add("name: " + TextEdits.quoted(order.environment()));
        environment.getValue().stream()
                .filter(entry -> !Members.isKey(entry, "name"))
                .forEach(entry -> Members.scalar(entry.getValueNode())
                        .ifPresent(value -> entries.add(TextEdits.quoted(((ScalarNode) entry.getKeyNode()).getValue())
                                + ": " + TextEdits.quoted(value))));
        return entries.toString();
    }

    private boolean usesAction(MappingNode step) {
        return Members.value(step, "uses").map(inputs::areOf).orElse(false);
    }

    private void step(MappingNode step, Set<Node> done) {
        NodeTuple uses = Members.entry(step, "uses").orElseThrow();
        Optional<NodeTuple> with = Members.entry(step, "with");
        Map<String, String> all = inputs.all();
        if (with.isPresent() && with.get().getValueNode() instanceof MappingNode own) {
            if (done.add(own)) {
                all.forEach((name, value) -> {
                    if (Members.entry(own, name).isEmpty() || !inputs.isTheTemplates(name)) {
                        put(own, name, TextEdits.quoted(value));
                    }
                });
            }
            return;
        }
        if (step.getFlowStyle() == FlowStyle.FLOW) {
            StringJoiner flow = new StringJoiner(", ", "with: { ", " }");
            all.forEach((name, value) -> flow.add(name + ": " + TextEdits.quoted(value)));
            if (with.isPresent()) {
                replaceEntry(with.get(), flow.toString());
            } else {
                edits.insert(places.valueOf(uses).end(), ", " + flow);
            }
            return;
        }
        String indent = " ".repeat(places.keyOf(uses).column());
        StringJoiner block = new StringJoiner(template.newline() + indent + "  ");
        block.add("with:");
        all.forEach((name, value) -> block.add(name + ": " + TextEdits.quoted(value)));
        if (with.isPresent()) {
            replaceEntry(with.get(), block.toString());
        } else {
            edits.insert(template.endOfLine(places.valueOf(uses).end()), template.newline() + indent + block);
        }
    }

    /** Sets a member of a mapping: in its place where it is there, else before all others. */
    private void put(MappingNode mapping, String key, String value) {
        Optional<NodeTuple> existing = Members.entry(mapping, key);
        if (existing.isPresent()) {
            replaceEntry(existing.get(), key + ": " + value);
        } else {
            insertFirst(mapping, key + ": " + value);
        }
    }

    private void insertFirst(MappingNode mapping, String entries) {
        if (mapping.getFlowStyle() == FlowStyle.FLOW) {
            edits.insert(places.insideOf(mapping), " " + entries + ",");
        } else {
            Place first = places.keyOf(mapping.getValue().get(0));
            edits.insert(first.start(), entries + template.newline() + " ".repeat(first.column()));
        }
    }

    /** Where the entry is, also where its value is an alias of something elsewhere. */
    private void replaceEntry(NodeTuple entry, String replacement) {
        edits.replace(places.keyOf(entry).start(), places.valueOf(entry).end(), replacement);
    }

    private String applied() {
        String result = edits.appliedTo(template.text()).orElseThrow(() -> new LaunchFailure(unsafe()));
        if (result.length() > WorkflowTemplate.LARGEST) {
            throw new LaunchFailure(TEMPLATE + " comes to more than " + WorkflowTemplate.LARGEST + " characters.");
        }
        return result.endsWith("\n") ? result : result + template.newline();
    }

    /** Whatever the template's author thought of: what would be written says what is meant, or nothing is written. */
    private String verified(String edited) {
        Object original = template.said();
        Object said;
        try {
            said = WorkflowTemplate.said(edited);
        } catch (YAMLException e) {
            throw new LaunchFailure(unsafe(), e);
        }
        if (said instanceof Map<?, ?> workflow
                && new MeantWorkflow(order, inputs, runName, ofOurOwn).isWhatSays(workflow, (Map<?, ?>) original)) {
            return edited;
        }
        throw new LaunchFailure(unsafe());
    }

    private String unsafe() {
        String unsafe = TEMPLATE + " is written in a way that cannot be edited safely";
        List<Alias> aliases = template.aliases();
        for (Alias alias : aliases.subList(0, Math.min(aliases.size(), WorkflowTemplate.MOST_ALIASES))) {
            if (alias.anchored() != null && edits.replaces(alias.anchored()) && !edits.replaces(alias.place())) {
                return unsafe + ": '*" + alias.name() + "' in its line "
                        + alias.place().line()
                        + " stands for what Reliably replaces in line "
                        + alias.anchored().line() + ". Write it out in line "
                        + alias.place().line() + ".";
            }
        }
        return aliases.isEmpty()
                ? unsafe + " (tags or unusual indentation?): write it in plain block style."
                : unsafe + ": write out what '*" + aliases.get(0).name() + "' in its line "
                        + aliases.get(0).place().line()
                        + " and other aliases of environments, triggers and steps stand for.";
    }
}
