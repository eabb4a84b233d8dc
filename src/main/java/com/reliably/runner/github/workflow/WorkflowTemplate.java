package com.reliably.runner.github.workflow;

import com.reliably.runner.LaunchFailure;
import com.reliably.runner.github.workflow.YamlPlaces.Alias;
import com.reliably.runner.github.workflow.YamlPlaces.Place;
import java.io.StringReader;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
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

/** A template as its author wrote it: the text, where its parts stand, and what it says. Read within bounds: it is hostile. */
final class WorkflowTemplate {

    /** Characters that a workflow may have. */
    static final int LARGEST = 262_144;

    static final int MOST_ALIASES = 50;
    /** As people are told of it. */
    static final String NAME = "The template " + WorkflowFile.TEMPLATE_PATH;

    private static final int DEEPEST = 50;

    private final String text;
    private final String newline;
    private YamlPlaces places;

    private WorkflowTemplate(String text) {
        this.text = text;
        this.newline = text.contains("\r\n") ? "\r\n" : "\n";
    }

    /**
     * A template that is not read yet.
     *
     * @throws LaunchFailure where it begins like no text
     */
    static WorkflowTemplate of(String written) {
        String text = written.startsWith("\uFEFF") ? written.substring(1) : written;
        if (text.startsWith("\uFEFF")) {
            throw new LaunchFailure(NAME + " begins with several byte order marks: remove them.");
        }
        return new WorkflowTemplate(text);
    }

    /** Without a byte order mark. */
    String text() {
        return text;
    }

    /** By which its lines end. */
    String newline() {
        return newline;
    }

    /**
     * Reads it.
     *
     * @throws LaunchFailure where it is no workflow that GitHub would take; says what to change
     */
    MappingNode read() {
        try {
            Node root = yaml().compose(new StringReader(text));
            if (root instanceof MappingNode mapping) {
                places = new YamlPlaces(text, root, yaml());
                refuseWhatGitHubDoesNotKnow(mapping, Collections.newSetFromMap(new IdentityHashMap<>()));
                return mapping;
            }
            throw new LaunchFailure(NAME + " is no workflow: it is " + (root == null ? "empty." : "no mapping."));
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
        return new LaunchFailure(NAME + what, e);
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
                    throw new LaunchFailure(NAME + " merges with '<<' in its line " + line
                            + ", which GitHub does not know: write out there what is merged.");
                }
                if (!(entry.getKeyNode() instanceof ScalarNode)) {
                    throw new LaunchFailure(NAME + " has a key in its line " + line + " that is no word.");
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

    /** Where its parts stand; null before it was read. */
    YamlPlaces places() {
        return places;
    }

    /** None before it was read. */
    List<Alias> aliases() {
        return places == null ? List.of() : places.aliases();
    }

    /**
     * What it says.
     *
     * @throws LaunchFailure where it is not YAML, or stands for too much
     */
    Object said() {
        try {
            return said(text);
        } catch (YAMLException e) {
            throw notYaml(e);
        }
    }

    /** What any text says, within the same bounds. */
    static Object said(String text) throws YAMLException {
        return yaml().load(text);
    }

    /** An entry as it is written; in flow style, also where it was not. */
    String source(NodeTuple entry) {
        return source(places.keyOf(entry)) + ": " + source(places.valueOf(entry));
    }

    private String source(Place place) {
        return text.substring(place.start(), place.end());
    }

    /** Of the line in which a place of the text is. */
    int startOfLine(int at) {
        return text.lastIndexOf('\n', at - 1) + 1;
    }

    /** The same, of its end; before its newline. */
    int endOfLine(int at) {
        int end = text.indexOf('\n', at);
        if (end < 0) {
            return text.length();
        }
        return end > at && text.charAt(end - 1) == '\r' ? end - 1 : end;
    }
}
