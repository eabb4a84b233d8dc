package com.reliably.runner.github;

import com.reliably.runner.LaunchFailure;
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
    private static final String ACTION = "reliablyhq/actions/plan";
    private static final String TEMPLATE = "The template " + WorkflowFile.TEMPLATE_PATH;

    private final String text;
    private final String newline;
    private final WorkflowOrder order;
    private final boolean ofOurOwn;
    private final List<Edit> edits = new ArrayList<>();

    private record Edit(int start, int end, String text) {}

    private WorkflowEdit(String text, WorkflowOrder order, boolean ofOurOwn) {
        this.text = text;
        this.newline = text.contains("\r\n") ? "\r\n" : "\n";
        this.order = order;
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
        WorkflowEdit edit = new WorkflowEdit(text, order, ofOurOwn);
        String edited = edit.edited(edit.read(text));
        edit.verify(edited);
        return edited;
    }

    /** GitHub would evaluate it, with the secrets at hand. */
    private static void refuseExpressions(String member, String value) {
        if (value != null && (value.contains("${{") || value.chars().anyMatch(Character::isISOControl))) {
            throw new LaunchFailure("The deployment's or plan's '" + member + "' must not have '${{' in it.");
        }
    }

    private MappingNode read(String document) {
        try {
            Node root = yaml().compose(new StringReader(document));
            if (root instanceof MappingNode mapping) {
                return mapping;
            }
            throw new LaunchFailure(TEMPLATE + " is no workflow: it is " + (root == null ? "empty." : "no mapping."));
        } catch (MarkedYAMLException e) {
            Mark mark = e.getProblemMark();
            throw new LaunchFailure(
                    TEMPLATE + " is not YAML" + (mark == null ? "." : ", see its line " + (mark.getLine() + 1) + "."));
        } catch (YAMLException e) {
            throw new LaunchFailure(TEMPLATE + " is not YAML.");
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
                    TEMPLATE + " has no step that uses " + ACTION + ": add one, or delete the template.");
        }
        return applied();
    }

    private void top(MappingNode root) {
        boolean flow = root.getFlowStyle() == FlowStyle.FLOW;
        Map<String, String> before = new LinkedHashMap<>();
        Map<String, String> after = new LinkedHashMap<>();
        if (entry(root, "name").isEmpty()) {
            before.put("name", quoted("Reliably plan " + order.planId()));
        }
        Optional<NodeTuple> runName = entry(root, "run-name");
        if (order.isDispatched()) {
            String suffix = " (run ${{ inputs." + WorkflowOrder.RUN_INPUT + " }})";
            String name = runName.map(NodeTuple::getValueNode)
                    .filter(ScalarNode.class::isInstance)
                    .map(node -> ((ScalarNode) node).getValue().strip())
                    .filter(value -> !value.isEmpty())
                    .orElse("Reliably plan " + order.planId());
            runName.ifPresentOrElse(
                    existing -> replaceEntry(existing, "run-name: " + quoted(name + suffix)),
                    () -> before.put("run-name", quoted(name + suffix)));
        } else if (runName.isEmpty()) {
            before.put("run-name", quoted("Reliably plan " + order.planId()));
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

    /** Runs of a plan go one after the other, unless it allows them to overlap. GitHub keeps one waiting, and no more. */
    private String concurrency() {
        String group = "reliably-plan-" + order.planId();
        if (order.overlap() == Overlap.ALLOW) {
            group += "-${{ github.run_id }}";
        }
        return "{ group: " + quoted(group) + ", cancel-in-progress: " + (order.overlap() == Overlap.REPLACE) + " }";
    }

    private String triggers(Optional<NodeTuple> on) {
        StringJoiner lines = new StringJoiner(newline);
        lines.add("on:");
        Optional<MappingNode> inputs = inputs(on);
        if (order.isDispatched()) {
            commentsOf(on, inputs).forEach(comment -> lines.add("  " + comment));
            lines.add("  workflow_dispatch:");
            lines.add("    inputs:");
            lines.add("      " + WorkflowOrder.RUN_INPUT + ":");
            lines.add("        description: The run that this is, set by Reliably");
            lines.add("        type: string");
            lines.add("        required: false");
            lines.add("        default: ''");
            inputs.map(this::inputLines).orElse(List.of()).forEach(lines::add);
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
        StringJoiner inputs = new StringJoiner(", ", "\"on\": { workflow_dispatch: { inputs: { ", " } } }");
        inputs.add(WorkflowOrder.RUN_INPUT + ": { type: string, required: false, default: '' }");
        inputs(on).ifPresent(own -> own.getValue()
                .forEach(input -> inputs.add(source(input.getKeyNode()) + ": " + source(input.getValueNode()))));
        return inputs.toString();
    }

    private String source(Node node) {
        return text.substring(at(node.getStartMark()), endOf(node));
    }

    /** The inputs that a dispatch may leave out, so that the template's steps find their defaults. */
    private Optional<MappingNode> inputs(Optional<NodeTuple> on) {
        if (on.isEmpty() || !(on.get().getValueNode() instanceof MappingNode triggers)) {
            return Optional.empty();
        }
        Optional<MappingNode> inputs =
                mapping(triggers, "workflow_dispatch").flatMap(dispatch -> mapping(dispatch, "inputs"));
        inputs.ifPresent(own -> own.getValue().forEach(this::refuseRequired));
        return inputs.filter(own -> !own.getValue().isEmpty());
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
                    .map(input -> " ".repeat(column) + source(input.getKeyNode()) + ": " + source(input.getValueNode()))
                    .toList();
        }
        int first = startOfLine(at(inputs.getStartMark()));
        int own = at(inputs.getStartMark()) - first;
        String lines = text.substring(first, endOfLine(endOf(inputs)));
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
        int from = at(on.get().getKeyNode().getStartMark());
        int to = Math.max(from, endOf(on.get().getValueNode()));
        int keptFrom = kept.filter(node -> node.getFlowStyle() != FlowStyle.FLOW)
                .map(node -> startOfLine(at(node.getStartMark())))
                .orElse(to);
        int keptTo = kept.filter(node -> node.getFlowStyle() != FlowStyle.FLOW)
                .map(node -> endOfLine(endOf(node)))
                .orElse(to);
        String lost = text.substring(from, Math.min(keptFrom, to))
                + newline
                + (keptTo < to ? text.substring(keptTo, to) : "");
        return lost.lines()
                .map(line -> line.strip().startsWith("#") ? line.strip() : commentBehind(line))
                .filter(comment -> !comment.isEmpty())
                .toList();
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
        if (order.timeout() != null
                && (ofOurOwn || entry(job, "timeout-minutes").isEmpty())) {
            put(
                    job,
                    "timeout-minutes",
                    Long.toString(Math.max(1, (order.timeout().toSeconds() + 59) / 60)));
        }
        int uses = 0;
        if (entry(job, "steps").map(NodeTuple::getValueNode).orElse(null) instanceof SequenceNode steps
                && done.add(steps)) {
            for (Node node : steps.getValue()) {
                if (node instanceof MappingNode step && usesAction(step)) {
                    uses++;
                    if (done.add(step)) {
                        step(step);
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
        Optional<MappingNode> withUrl = mapping(job, "environment");
        if (withUrl.flatMap(node -> entry(node, "name")).isPresent()) {
            put(withUrl.get(), "name", quoted(order.environment()));
        } else {
            put(job, "environment", quoted(order.environment()));
        }
    }

    private boolean usesAction(MappingNode step) {
        return value(step, "uses").map(this::isAction).orElse(false);
    }

    private boolean isAction(String uses) {
        String name = uses.split("@", 2)[0];
        return name.equalsIgnoreCase(ACTION)
                || name.equalsIgnoreCase(order.action().split("@", 2)[0]);
    }

    private void step(MappingNode step) {
        NodeTuple uses = entry(step, "uses").orElseThrow();
        Optional<NodeTuple> with = entry(step, "with");
        Map<String, String> inputs = inputsOfAction();
        if (with.isPresent() && with.get().getValueNode() instanceof MappingNode own) {
            inputs.forEach((name, value) -> {
                if (entry(own, name).isEmpty() || !isTheTemplates(name)) {
                    put(own, name, quoted(value));
                }
            });
            return;
        }
        if (step.getFlowStyle() == FlowStyle.FLOW) {
            StringJoiner flow = new StringJoiner(", ", "with: { ", " }");
            inputs.forEach((name, value) -> flow.add(name + ": " + quoted(value)));
            if (with.isPresent()) {
                replaceEntry(with.get(), flow.toString());
            } else {
                insert(endOf(uses.getValueNode()), ", " + flow);
            }
            return;
        }
        String indent = " ".repeat(uses.getKeyNode().getStartMark().getColumn());
        StringJoiner block = new StringJoiner(newline + indent + "  ");
        block.add("with:");
        inputs.forEach((name, value) -> block.add(name + ": " + quoted(value)));
        if (with.isPresent()) {
            replaceEntry(with.get(), block.toString());
        } else {
            insert(endOfLine(endOf(uses.getValueNode())), newline + indent + block);
        }
    }

    /** What a template may decide by itself. */
    private boolean isTheTemplates(String input) {
        return switch (input) {
            case "github-token", "reliably-experiment-extra" -> true;
            case "reliably-service-token" -> order.tokenSecret() == null;
            default -> false;
        };
    }

    private Map<String, String> inputsOfAction() {
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
        int start = at(mapping.getStartMark());
        if (mapping.getFlowStyle() == FlowStyle.FLOW) {
            insert(start + 1, " " + entries + ",");
        } else {
            Node first = mapping.getValue().get(0).getKeyNode();
            insert(
                    at(first.getStartMark()),
                    entries + newline + " ".repeat(first.getStartMark().getColumn()));
        }
    }

    private void replaceEntry(NodeTuple entry, String replacement) {
        int start = at(entry.getKeyNode().getStartMark());
        int end = endOf(entry.getValueNode());
        if (isEmpty(entry.getValueNode())) {
            // Nothing behind the colon.
            end = text.indexOf(':', endOf(entry.getKeyNode())) + 1;
        }
        edits.add(new Edit(start, end, replacement));
    }

    private void insert(int at, String what) {
        edits.add(new Edit(at, at, what));
    }

    private String applied() {
        StringBuilder result = new StringBuilder(text);
        List<Edit> backwards = new ArrayList<>(edits);
        Collections.reverse(backwards);
        // Before what is replaced at the same place. Stable: what was inserted first stays first.
        backwards.sort(
                Comparator.comparingInt(Edit::start).thenComparingInt(Edit::end).reversed());
        backwards.forEach(edit -> result.replace(edit.start(), edit.end(), edit.text()));
        return result.toString().endsWith("\n") ? result.toString() : result + newline;
    }

    /** Whatever the template's author thought of: what would be written says what is meant, or nothing is written. */
    private void verify(String edited) {
        boolean meant;
        try {
            meant = yaml().load(edited) instanceof Map<?, ?> workflow && isMeant(workflow);
        } catch (YAMLException e) {
            meant = false;
        }
        if (!meant) {
            throw new LaunchFailure(TEMPLATE + " is written in a way that cannot be edited safely (anchors, tags or"
                    + " complex keys?): write it in plain block style.");
        }
    }

    private boolean isMeant(Map<?, ?> workflow) {
        // YAML 1.1 reads the key 'on' as true.
        Object on = workflow.containsKey("on") ? workflow.get("on") : workflow.get(Boolean.TRUE);
        String trigger = order.isDispatched() ? "workflow_dispatch" : "schedule";
        if (!(on instanceof Map<?, ?> triggers) || !triggers.keySet().equals(Set.of(trigger))) {
            return false;
        }
        if (order.isDispatched()
                && !String.valueOf(workflow.get("run-name")).contains("inputs." + WorkflowOrder.RUN_INPUT)) {
            return false;
        }
        return workflow.get("jobs") instanceof Map<?, ?> jobs
                && jobs.values().stream().allMatch(this::isMeantJob);
    }

    private boolean isMeantJob(Object value) {
        if (!(value instanceof Map<?, ?> job) || job.containsKey("uses")) {
            return true;
        }
        Object environment =
                job.get("environment") instanceof Map<?, ?> named ? named.get("name") : job.get("environment");
        if (order.environment() != null && !order.environment().equals(environment)) {
            return false;
        }
        return !(job.get("steps") instanceof List<?> steps)
                || steps.stream()
                        .filter(step -> step instanceof Map<?, ?> map
                                && map.get("uses") instanceof String uses
                                && isAction(uses))
                        .allMatch(step -> isMeantStep((Map<?, ?>) step));
    }

    private boolean isMeantStep(Map<?, ?> step) {
        return step.get("with") instanceof Map<?, ?> with
                && inputsOfAction().entrySet().stream()
                        .allMatch(input -> isTheTemplates(input.getKey())
                                ? with.containsKey(input.getKey())
                                : input.getValue().equals(with.get(input.getKey())));
    }

    private static Optional<NodeTuple> entry(MappingNode mapping, String key) {
        return mapping.getValue().stream()
                .filter(tuple -> scalar(tuple.getKeyNode()).filter(key::equals).isPresent())
                .findFirst();
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

    private static boolean isEmpty(Node node) {
        return node instanceof ScalarNode scalar
                && Tag.NULL.equals(scalar.getTag())
                && scalar.getValue().isEmpty();
    }

    /** Marks count code points. */
    private int at(Mark mark) {
        return text.offsetByCodePoints(0, mark.getIndex());
    }

    /** Where a node's text ends. The mark of a block collection's end is where the next thing begins, comments passed over. */
    private int endOf(Node node) {
        if (node instanceof CollectionNode<?> collection
                && collection.getFlowStyle() != FlowStyle.FLOW
                && !collection.getValue().isEmpty()) {
            Object last = collection.getValue().get(collection.getValue().size() - 1);
            Node lastNode = last instanceof NodeTuple tuple
                    ? isEmpty(tuple.getValueNode()) ? tuple.getKeyNode() : tuple.getValueNode()
                    : (Node) last;
            // An alias is where it is used; the node is where it was anchored.
            if (at(lastNode.getStartMark()) >= at(node.getStartMark())) {
                return endOf(lastNode);
            }
        }
        int end = at(node.getEndMark());
        while (end > at(node.getStartMark()) && Character.isWhitespace(text.charAt(end - 1))) {
            end--;
        }
        return end;
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
