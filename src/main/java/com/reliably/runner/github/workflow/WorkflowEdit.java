package com.reliably.runner.github.workflow;

import com.reliably.runner.LaunchFailure;
import com.reliably.runner.github.workflow.YamlPlaces.Alias;
import com.reliably.runner.github.workflow.YamlPlaces.Place;
import com.reliably.schedule.Overlap;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.CollectionNode;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;

/**
 * Makes a plan's workflow out of a template by editing its text where the parsed document says: everything that is not
 * edited stays as its author wrote it, comments and all. What comes out is parsed again, and compared with what was meant.
 */
final class WorkflowEdit {

    private static final int LARGEST = 262_144;
    private static final int DEEPEST = 50;
    private static final int MOST_ALIASES = 50;
    private static final int MOST_INPUTS = 25;
    private static final String TEMPLATE = "The template " + WorkflowFile.TEMPLATE_PATH;

    private final String text;
    private final String newline;
    private final WorkflowOrder order;
    private final ActionInputs inputs;
    private final boolean ofOurOwn;
    private final List<Edit> edits = new ArrayList<>();
    private YamlPlaces places;
    private String runName;

    private record Edit(int start, int end, String text) {

        boolean replaces(Place place) {
            return start <= place.start() && place.start() < end;
        }
    }

    private WorkflowEdit(String text, WorkflowOrder order, boolean ofOurOwn) {
        this.text = text;
        this.newline = text.contains("\r\n") ? "\r\n" : "\n";
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
        if (template.length() > LARGEST) {
            throw new LaunchFailure(TEMPLATE + " has more than " + LARGEST + " characters.");
        }
        refuseExpressions("environment", order.environment());
        refuseExpressions("base_dir", order.baseDir());
        String text = template.startsWith("\uFEFF") ? template.substring(1) : template;
        if (text.startsWith("\uFEFF")) {
            throw new LaunchFailure(TEMPLATE + " begins with several byte order marks: remove them.");
        }
        WorkflowEdit edit = new WorkflowEdit(text, order, ofOurOwn);
        try {
            return edit.verified(edit.edited(edit.read()));
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

    private MappingNode read() {
        try {
            Node root = yaml().compose(new StringReader(text));
            if (root instanceof MappingNode mapping) {
                places = new YamlPlaces(text, root, yaml());
                refuseWhatGitHubDoesNotKnow(mapping, Collections.newSetFromMap(new IdentityHashMap<>()));
                return mapping;
            }
            throw new LaunchFailure(TEMPLATE + " is no workflow: it is " + (root == null ? "empty." : "no mapping."));
        } catch (YAMLException e) {
            throw notYaml(e);
        }
    }

    private static LaunchFailure notYaml(YAMLException e) {
        Mark mark = e instanceof MarkedYAMLException marked ? marked.getProblemMark() : null;
        // Without a mark it is a limit: too deep, or too many aliases; or a character.
        String what = mark == null
                ? " cannot be read: " + e.getMessage().lines().findFirst().orElse("no reason given") + "."
                : " is not YAML, see its line " + (mark.getLine() + 1) + ".";
        return new LaunchFailure(TEMPLATE + what, e);
    }

    /** It knows anchors and aliases, but no keys that merge (actions/runner#1182), nor any but words. */
    private void refuseWhatGitHubDoesNotKnow(Node node, Set<Node> seen) {
        if (!(node instanceof CollectionNode<?>) || !seen.add(node)) {
            return;
        }
        if (node instanceof SequenceNode sequence) {
            sequence.getValue().forEach(item -> refuseWhatGitHubDoesNotKnow(item, seen));
        }
        if (node instanceof MappingNode mapping) {
            for (NodeTuple entry : mapping.getValue()) {
                int line = places.keyOf(entry).line();
                if (Tag.MERGE.equals(entry.getKeyNode().getTag())) {
                    throw new LaunchFailure(TEMPLATE + " merges with '<<' in its line " + line
                            + ", which GitHub does not know: write out there what is merged.");
                }
                if (!(entry.getKeyNode() instanceof ScalarNode)) {
                    throw new LaunchFailure(TEMPLATE + " has a key in its line " + line + " that is no word.");
                }
                refuseWhatGitHubDoesNotKnow(entry.getValueNode(), seen);
            }
        }
    }

    private static Yaml yaml() {
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(LARGEST * 2);
        options.setNestingDepthLimit(DEEPEST);
        options.setMaxAliasesForCollections(MOST_ALIASES);
        options.setAllowDuplicateKeys(false);
        options.setAllowRecursiveKeys(false);
        DumperOptions dumping = new DumperOptions();
        dumping.setDefaultFlowStyle(FlowStyle.BLOCK);
        return new Yaml(new SafeConstructor(options), new Representer(dumping), dumping, options);
    }

    private String edited(MappingNode root) {
        top(root);
        MappingNode jobs = mapping(root, "jobs").orElseThrow(() -> new LaunchFailure(TEMPLATE + " has no jobs."));
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
        if (entry(root, "name").isEmpty()) {
            before.put("name", quoted(MeantWorkflow.nameOf(order)));
        }
        Optional<NodeTuple> existing = entry(root, "run-name");
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
                    entry -> replaceEntry(entry, "run-name: " + quoted(runName)),
                    () -> before.put("run-name", quoted(runName)));
        } else if (existing.isEmpty()) {
            runName = MeantWorkflow.nameOf(order);
            before.put("run-name", quoted(runName));
        }
        if (entry(root, "concurrency").isEmpty()) {
            after.put("concurrency", concurrency());
        }
        Optional<NodeTuple> on = entry(root, "on");
        String triggers = flow ? triggersInFlow(on) : triggers(on);
        String separator = flow ? ", " : newline;
        StringJoiner whole = new StringJoiner(separator);
        before.forEach((key, value) -> whole.add(key + ": " + value));
        whole.add(triggers);
        after.forEach((key, value) -> whole.add(key + ": " + value));
        if (on.isPresent()) {
            replaceEntry(on.get(), whole.toString());
        } else {
            insertFirst(root, whole.toString());
        }
    }

    private String concurrency() {
        return "{ group: " + quoted(MeantWorkflow.groupOf(order)) + ", cancel-in-progress: "
                + (order.overlap() == Overlap.REPLACE) + " }";
    }

    private String triggers(Optional<NodeTuple> on) {
        StringJoiner lines = new StringJoiner(newline);
        lines.add("on:");
        Optional<MappingNode> own = inputs(on);
        if (order.isDispatched()) {
            commentsOf(on, own).forEach(comment -> lines.add("  " + comment));
            lines.add("  workflow_dispatch:");
            lines.add("    inputs:");
            lines.add("      " + WorkflowOrder.RUN_INPUT + ":");
            lines.add("        description: The run that this is, set by Reliably");
            lines.add("        type: string");
            lines.add("        required: false");
            lines.add("        default: ''");
            own.map(this::inputLines).orElse(List.of()).forEach(lines::add);
        } else {
            commentsOf(on, Optional.empty()).forEach(comment -> lines.add("  " + comment));
            lines.add("  schedule:");
            for (WorkflowOrder.CronLine line : order.schedule()) {
                lines.add("    - cron: " + quoted(line.cron()));
                if (line.timezone() != null) {
                    lines.add("      timezone: " + quoted(line.timezone()));
                }
            }
        }
        return lines.toString();
    }

    private String triggersInFlow(Optional<NodeTuple> on) {
        if (!order.isDispatched()) {
            StringJoiner lines = new StringJoiner(", ", "\"on\": { schedule: [ ", " ] }");
            order.schedule()
                    .forEach(line -> lines.add("{ cron: " + quoted(line.cron())
                            + (line.timezone() == null ? "" : ", timezone: " + quoted(line.timezone())) + " }"));
            return lines.toString();
        }
        StringJoiner all = new StringJoiner(", ", "\"on\": { workflow_dispatch: { inputs: { ", " } } }");
        all.add(WorkflowOrder.RUN_INPUT + ": { type: string, required: false, default: '' }");
        inputs(on).ifPresent(own -> own.getValue().stream()
                .filter(input -> !isKey(input, WorkflowOrder.RUN_INPUT))
                .forEach(input -> all.add(source(input))));
        return all.toString();
    }

    /** An entry as it is written; in flow style, also where it was not. */
    private String source(NodeTuple entry) {
        return source(places.keyOf(entry)) + ": " + source(places.valueOf(entry));
    }

    private String source(Place place) {
        return text.substring(place.start(), place.end());
    }

    /** The inputs that a dispatch may leave out, so that the template's steps find their defaults. */
    private Optional<MappingNode> inputs(Optional<NodeTuple> on) {
        if (on.isEmpty() || !(on.get().getValueNode() instanceof MappingNode triggers)) {
            return Optional.empty();
        }
        Optional<MappingNode> own =
                mapping(triggers, "workflow_dispatch").flatMap(dispatch -> mapping(dispatch, "inputs"));
        own.ifPresent(all -> all.getValue().stream()
                .filter(input -> !isKey(input, WorkflowOrder.RUN_INPUT))
                .forEach(this::refuseRequired));
        if (own.filter(all -> all.getValue().size() >= MOST_INPUTS).isPresent()) {
            throw new LaunchFailure(TEMPLATE + " has too many inputs: GitHub takes " + MOST_INPUTS
                    + ", and Reliably needs one of them.");
        }
        return own.filter(all -> !all.getValue().isEmpty());
    }

    private void refuseRequired(NodeTuple input) {
        String name = scalar(input.getKeyNode()).orElse("?");
        if (input.getValueNode() instanceof MappingNode terms
                && value(terms, "required").filter("true"::equals).isPresent()
                && entry(terms, "default").isEmpty()) {
            throw new LaunchFailure(TEMPLATE + " has an input '" + name
                    + "' that is required and has no default: give it one, because Reliably starts it without.");
        }
    }

    /** Inputs as their author wrote them, moved to where they now belong. */
    private List<String> inputLines(MappingNode inputs) {
        int column = 6;
        if (inputs.getFlowStyle() == FlowStyle.FLOW) {
            return inputs.getValue().stream()
                    .filter(input -> !isKey(input, WorkflowOrder.RUN_INPUT))
                    .map(input -> " ".repeat(column) + source(input))
                    .toList();
        }
        int start = firstOf(inputs);
        int first = startOfLine(start);
        int own = start - first;
        int end = endOfLine(places.of(inputs).end());
        Optional<NodeTuple> ours = entry(inputs, WorkflowOrder.RUN_INPUT);
        int oursFrom =
                ours.map(entry -> startOfLine(places.keyOf(entry).start())).orElse(end);
        int oursTo = ours.map(
                        entry -> Math.min(end, endOfLine(places.valueOf(entry).end()) + newline.length()))
                .orElse(end);
        String lines = text.substring(first, oursFrom) + text.substring(oursTo, end);
        return lines.lines()
                .map(line -> {
                    int indent = 0;
                    while (indent < line.length() && indent < own && line.charAt(indent) == ' ') {
                        indent++;
                    }
                    return line.isBlank() ? "" : " ".repeat(column) + line.substring(indent);
                })
                .toList();
    }

    /** Comments among the triggers that are replaced. */
    private List<String> commentsOf(Optional<NodeTuple> on, Optional<MappingNode> kept) {
        if (on.isEmpty()) {
            return List.of();
        }
        int from = places.keyOf(on.get()).start();
        int to = Math.max(from, places.valueOf(on.get()).end());
        Optional<MappingNode> block = kept.filter(node -> node.getFlowStyle() != FlowStyle.FLOW)
                // Not where the triggers have it from elsewhere, by an alias.
                .filter(node -> firstOf(node) > from && firstOf(node) < to);
        int keptFrom =
                block.map(node -> Math.max(from, startOfLine(firstOf(node)))).orElse(to);
        int keptTo = block.map(node -> endOfLine(places.of(node).end())).orElse(to);
        String lost = text.substring(from, Math.min(keptFrom, to))
                + newline
                + (keptTo < to ? text.substring(keptTo, to) : "");
        return lost.lines()
                .map(line -> line.strip().startsWith("#") ? line.strip() : commentBehind(line))
                .filter(comment -> !comment.isEmpty())
                .toList();
    }

    /** Where the first entry of a mapping is, behind what may be anchored or tagged. */
    private int firstOf(MappingNode mapping) {
        return places.keyOf(mapping.getValue().get(0)).start();
    }

    private static String commentBehind(String line) {
        int at = line.indexOf(" #");
        return at < 0 || line.indexOf('"') >= 0 || line.indexOf('\'') >= 0
                ? ""
                : line.substring(at + 1).strip();
    }

    private int job(MappingNode job, Set<Node> done) {
        if (entry(job, "uses").isPresent()) {
            // A reusable workflow's jobs have environments of their own, and none can be given here.
            return 0;
        }
        environment(job);
        Long timeout = MeantWorkflow.timeoutOf(order);
        if (timeout != null && (ofOurOwn || entry(job, "timeout-minutes").isEmpty())) {
            put(job, "timeout-minutes", timeout.toString());
        }
        int uses = 0;
        if (entry(job, "steps").map(NodeTuple::getValueNode).orElse(null) instanceof SequenceNode steps
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
        Optional<NodeTuple> existing = entry(job, "environment");
        Optional<MappingNode> withUrl =
                mapping(job, "environment").filter(node -> entry(node, "name").isPresent());
        if (withUrl.isEmpty()) {
            put(job, "environment", quoted(order.environment()));
        } else if (places.valueOf(existing.orElseThrow()).alias()) {
            replaceEntry(existing.get(), "environment: " + writtenOut(withUrl.get()));
        } else {
            put(withUrl.get(), "name", quoted(order.environment()));
        }
    }

    /** Written out where it was an alias. What is no plain word in it is missed when the result is looked at. */
    private String writtenOut(MappingNode environment) {
        StringJoiner entries = new StringJoiner(", ", "{ ", " }");
        entries.add("name: " + quoted(order.environment()));
        environment.getValue().stream().filter(entry -> !isKey(entry, "name")).forEach(entry -> scalar(
                        entry.getValueNode())
                .ifPresent(value ->
                        entries.add(quoted(((ScalarNode) entry.getKeyNode()).getValue()) + ": " + quoted(value))));
        return entries.toString();
    }

    private boolean usesAction(MappingNode step) {
        return value(step, "uses").map(inputs::areOf).orElse(false);
    }

    private void step(MappingNode step, Set<Node> done) {
        NodeTuple uses = entry(step, "uses").orElseThrow();
        Optional<NodeTuple> with = entry(step, "with");
        Map<String, String> all = inputs.all();
        if (with.isPresent() && with.get().getValueNode() instanceof MappingNode own) {
            if (done.add(own)) {
                all.forEach((name, value) -> {
                    if (entry(own, name).isEmpty() || !inputs.isTheTemplates(name)) {
                        put(own, name, quoted(value));
                    }
                });
            }
            return;
        }
        if (step.getFlowStyle() == FlowStyle.FLOW) {
            StringJoiner flow = new StringJoiner(", ", "with: { ", " }");
            all.forEach((name, value) -> flow.add(name + ": " + quoted(value)));
            if (with.isPresent()) {
                replaceEntry(with.get(), flow.toString());
            } else {
                insert(places.valueOf(uses).end(), ", " + flow);
            }
            return;
        }
        String indent = " ".repeat(places.keyOf(uses).column());
        StringJoiner block = new StringJoiner(newline + indent + "  ");
        block.add("with:");
        all.forEach((name, value) -> block.add(name + ": " + quoted(value)));
        if (with.isPresent()) {
            replaceEntry(with.get(), block.toString());
        } else {
            insert(endOfLine(places.valueOf(uses).end()), newline + indent + block);
        }
    }

    /** Sets a member of a mapping: in its place where it is there, else before all others. */
    private void put(MappingNode mapping, String key, String value) {
        Optional<NodeTuple> existing = entry(mapping, key);
        if (existing.isPresent()) {
            replaceEntry(existing.get(), key + ": " + value);
        } else {
            insertFirst(mapping, key + ": " + value);
        }
    }

    private void insertFirst(MappingNode mapping, String entries) {
        if (mapping.getFlowStyle() == FlowStyle.FLOW) {
            insert(places.insideOf(mapping), " " + entries + ",");
        } else {
            Place first = places.keyOf(mapping.getValue().get(0));
            insert(first.start(), entries + newline + " ".repeat(first.column()));
        }
    }

    /** Where the entry is, also where its value is an alias of something elsewhere. */
    private void replaceEntry(NodeTuple entry, String replacement) {
        edits.add(new Edit(places.keyOf(entry).start(), places.valueOf(entry).end(), replacement));
    }

    private void insert(int at, String what) {
        edits.add(new Edit(at, at, what));
    }

    private String applied() {
        // What is inserted comes before what is replaced at the same place, in its order.
        edits.sort(Comparator.comparingInt(Edit::start).thenComparingInt(Edit::end));
        StringBuilder result = new StringBuilder(text.length() * 2);
        int from = 0;
        for (Edit edit : edits) {
            if (edit.start() < from) {
                throw new LaunchFailure(unsafe());
            }
            result.append(text, from, edit.start()).append(edit.text());
            from = edit.end();
        }
        result.append(text, from, text.length());
        if (result.length() > LARGEST) {
            throw new LaunchFailure(TEMPLATE + " comes to more than " + LARGEST + " characters.");
        }
        return result.toString().endsWith("\n") ? result.toString() : result + newline;
    }

    /** Whatever the template's author thought of: what would be written says what is meant, or nothing is written. */
    private String verified(String edited) {
        Object template;
        try {
            template = yaml().load(text);
        } catch (YAMLException e) {
            throw notYaml(e);
        }
        Object said;
        try {
            said = yaml().load(edited);
        } catch (YAMLException e) {
            throw new LaunchFailure(unsafe(), e);
        }
        if (said instanceof Map<?, ?> workflow
                && new MeantWorkflow(order, inputs, runName, ofOurOwn).isWhatSays(workflow, (Map<?, ?>) template)) {
            return edited;
        }
        throw new LaunchFailure(unsafe());
    }

    private String unsafe() {
        String unsafe = TEMPLATE + " is written in a way that cannot be edited safely";
        List<Alias> aliases = places == null ? List.of() : places.aliases();
        for (Alias alias : aliases.subList(0, Math.min(aliases.size(), MOST_ALIASES))) {
            if (alias.anchored() != null && isReplaced(alias.anchored()) && !isReplaced(alias.place())) {
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

    private boolean isReplaced(Place place) {
        return edits.stream().anyMatch(edit -> edit.replaces(place));
    }

    private static Optional<NodeTuple> entry(MappingNode mapping, String key) {
        return mapping.getValue().stream().filter(tuple -> isKey(tuple, key)).findFirst();
    }

    private static boolean isKey(NodeTuple entry, String key) {
        return scalar(entry.getKeyNode()).filter(key::equals).isPresent();
    }

    private static Optional<MappingNode> mapping(MappingNode mapping, String key) {
        return entry(mapping, key)
                .map(NodeTuple::getValueNode)
                .filter(MappingNode.class::isInstance)
                .map(MappingNode.class::cast);
    }

    private static Optional<String> value(MappingNode mapping, String key) {
        return entry(mapping, key).map(NodeTuple::getValueNode).flatMap(WorkflowEdit::scalar);
    }

    private static Optional<String> scalar(Node node) {
        return node instanceof ScalarNode scalar ? Optional.of(scalar.getValue()) : Optional.empty();
    }

    private int startOfLine(int at) {
        return text.lastIndexOf('\n', at - 1) + 1;
    }

    private int endOfLine(int at) {
        int end = text.indexOf('\n', at);
        if (end < 0) {
            return text.length();
        }
        return end > at && text.charAt(end - 1) == '\r' ? end - 1 : end;
    }

    /** A scalar that means nothing but itself, in any style around it. */
    private static String quoted(String value) {
        return "'" + value.replace("'", "''") + "'";
    }
}
