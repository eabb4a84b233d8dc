package com.reliably.runner.github.workflow;

import com.reliably.runner.LaunchFailure;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.NodeTuple;

/**
 * What starts a plan's workflow: Reliably, or a schedule, and nothing else that the template names. Written anew; the
 * template's comments and its inputs are kept where they still mean something.
 */
final class Triggers {

    private static final int MOST_INPUTS = 25;

    private final WorkflowTemplate template;
    private final YamlPlaces places;
    private final WorkflowOrder order;
    private final Optional<NodeTuple> on;

    /**
     * @param template that was read
     * @param on       the template's own; empty where it has none
     */
    Triggers(WorkflowTemplate template, WorkflowOrder order, Optional<NodeTuple> on) {
        this.template = template;
        this.places = template.places();
        this.order = order;
        this.on = on;
    }

    /** In lines of their own. */
    String inBlock() {
        StringJoiner lines = new StringJoiner(template.newline());
        lines.add("on:");
        Optional<MappingNode> own = inputs();
        if (order.isDispatched()) {
            comments(own).forEach(comment -> lines.add("  " + comment));
            lines.add("  workflow_dispatch:");
            lines.add("    inputs:");
            lines.add("      " + WorkflowOrder.RUN_INPUT + ":");
            lines.add("        description: The run that this is, set by Reliably");
            lines.add("        type: string");
            lines.add("        required: false");
            lines.add("        default: ''");
            own.map(this::inputLines).orElse(List.of()).forEach(lines::add);
        } else {
            comments(Optional.empty()).forEach(comment -> lines.add("  " + comment));
            lines.add("  schedule:");
            for (WorkflowOrder.CronLine line : order.schedule()) {
                lines.add("    - cron: " + TextEdits.quoted(line.cron()));
                if (line.timezone() != null) {
                    lines.add("      timezone: " + TextEdits.quoted(line.timezone()));
                }
            }
        }
        return lines.toString();
    }

    /** In one line, for templates in flow style. */
    String inFlow() {
        if (!order.isDispatched()) {
            StringJoiner lines = new StringJoiner(", ", "\"on\": { schedule: [ ", " ] }");
            order.schedule()
                    .forEach(line -> lines.add("{ cron: " + TextEdits.quoted(line.cron())
                            + (line.timezone() == null ? "" : ", timezone: " + TextEdits.quoted(line.timezone()))
                            + " }"));
            return lines.toString();
        }
        StringJoiner all = new StringJoiner(", ", "\"on\": { workflow_dispatch: { inputs: { ", " } } }");
        all.add(WorkflowOrder.RUN_INPUT + ": { type: string, required: false, default: '' }");
        inputs().ifPresent(own -> own.getValue().stream()
                .filter(input -> !Members.isKey(input, WorkflowOrder.RUN_INPUT))
                .forEach(input -> all.add(template.source(input))));
        return all.toString();
    }

    /** The inputs that a dispatch may leave out, so that the template's steps find their defaults. */
    private Optional<MappingNode> inputs() {
        if (on.isEmpty() || !(on.get().getValueNode() instanceof MappingNode triggers)) {
            return Optional.empty();
        }
        Optional<MappingNode> own =
                Members.mapping(triggers, "workflow_dispatch").flatMap(dispatch -> Members.mapping(dispatch, "inputs"));
        own.ifPresent(all -> all.getValue().stream()
                .filter(input -> !Members.isKey(input, WorkflowOrder.RUN_INPUT))
                .forEach(this::refuseRequired));
        if (own.filter(all -> all.getValue().size() >= MOST_INPUTS).isPresent()) {
            throw new LaunchFailure(WorkflowTemplate.NAME + " has too many inputs: GitHub takes " + MOST_INPUTS
                    + ", and Reliably needs one of them.");
        }
        return own.filter(all -> !all.getValue().isEmpty());
    }

    private void refuseRequired(NodeTuple input) {
        String name = Members.scalar(input.getKeyNode()).orElse("?");
        if (input.getValueNode() instanceof MappingNode terms
                && Members.value(terms, "required").filter("true"::equals).isPresent()
                && Members.entry(terms, "default").isEmpty()) {
            throw new LaunchFailure(WorkflowTemplate.NAME + " has an input '" + name
                    + "' that is required and has no default: give it one, because Reliably starts it without.");
        }
    }

    /** Inputs as their author wrote them, moved to where they now belong. */
    private List<String> inputLines(MappingNode inputs) {
        int column = 6;
        if (inputs.getFlowStyle() == FlowStyle.FLOW) {
            return inputs.getValue().stream()
                    .filter(input -> !Members.isKey(input, WorkflowOrder.RUN_INPUT))
                    .map(input -> " ".repeat(column) + template.source(input))
                    .toList();
        }
        int start = firstOf(inputs);
        int first = template.startOfLine(start);
        int own = start - first;
        int end = template.endOfLine(places.of(inputs).end());
        Optional<NodeTuple> ours = Members.entry(inputs, WorkflowOrder.RUN_INPUT);
        int oursFrom = ours.map(
                        entry -> template.startOfLine(places.keyOf(entry).start()))
                .orElse(end);
        int oursTo = ours.map(entry -> Math.min(
                        end,
                        template.endOfLine(places.valueOf(entry).end())
                                + template.newline().length()))
                .orElse(end);
        String lines =
                template.text().substring(first, oursFrom) + template.text().substring(oursTo, end);
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
    private List<String> comments(Optional<MappingNode> kept) {
        if (on.isEmpty()) {
            return List.of();
        }
        int from = places.keyOf(on.get()).start();
        int to = Math.max(from, places.valueOf(on.get()).end());
        Optional<MappingNode> block = kept.filter(node -> node.getFlowStyle() != FlowStyle.FLOW)
                // Not where the triggers have it from elsewhere, by an alias.
                .filter(node -> firstOf(node) > from && firstOf(node) < to);
        int keptFrom = block.map(node -> Math.max(from, template.startOfLine(firstOf(node))))
                .orElse(to);
        int keptTo =
                block.map(node -> template.endOfLine(places.of(node).end())).orElse(to);
        String lost = template.text().substring(from, Math.min(keptFrom, to))
                + template.newline()
                + (keptTo < to ? template.text().substring(keptTo, to) : "");
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
}
