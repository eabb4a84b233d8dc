package com.reliably.runner.github.workflow;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.DocumentStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.nodes.CollectionNode;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * Where the parts of a YAML document stand in its text. Composed nodes alone do not say: for an alias there is the node that
 * was anchored, with the marks of where that is. So the events of the same text are gone through beside the nodes.
 */
final class YamlPlaces {

    /**
     * A part of the text.
     *
     * @param start  of the anchor or tag, where it has one
     * @param end    behind the last character that belongs to it; no comment does
     * @param column of the start, in characters
     * @param line   of the start, as people count
     * @param alias  whether an alias stands there
     */
    record Place(int start, int end, int column, int line, boolean alias) {}

    /**
     * An alias, and what it stands for.
     *
     * @param name     without the asterisk
     * @param anchored where what it stands for is
     */
    record Alias(String name, Place place, Place anchored) {}

    private final String text;
    private final int[] offsets;
    private final Map<NodeTuple, Place> keys = new IdentityHashMap<>();
    private final Map<NodeTuple, Place> values = new IdentityHashMap<>();
    private final Map<Node, Place> nodes = new IdentityHashMap<>();
    private final Map<Node, Integer> inside = new IdentityHashMap<>();
    private final Map<String, Place> anchors = new HashMap<>();
    private final List<Alias> aliases = new ArrayList<>();

    /** @param root what the text was composed to */
    YamlPlaces(String text, Node root, Yaml yaml) {
        this.text = text;
        this.offsets = offsets(text);
        Iterator<Event> events = yaml.parse(new StringReader(text)).iterator();
        while (!(events.next() instanceof DocumentStartEvent)) {
            // What is before the document.
        }
        walk(root, events);
    }

    /** Marks count code points, and strings do not: null where that is the same. */
    private static int[] offsets(String text) {
        if (text.codePointCount(0, text.length()) == text.length()) {
            return null;
        }
        int[] offsets = new int[text.codePointCount(0, text.length()) + 1];
        int at = 0;
        for (int point = 0; point < offsets.length; point++) {
            offsets[point] = at;
            at += at < text.length() ? Character.charCount(text.codePointAt(at)) : 0;
        }
        return offsets;
    }

    Place keyOf(NodeTuple entry) {
        return keys.get(entry);
    }

    /** Of the value where the entry is, be it an alias. */
    Place valueOf(NodeTuple entry) {
        return values.get(entry);
    }

    /** Of a node where it is written, not where aliases of it are. */
    Place of(Node node) {
        return nodes.get(node);
    }

    /** Where the inside of a collection in flow style begins. */
    int insideOf(CollectionNode<?> collection) {
        return inside.get(collection);
    }

    /** In the order of the text. */
    List<Alias> aliases() {
        return aliases;
    }

    private Place walk(Node node, Iterator<Event> events) {
        Event event = events.next();
        Place begun = place(event, event.getStartMark(), at(event.getEndMark()));
        if (event instanceof AliasEvent alias) {
            aliases.add(new Alias(alias.getAnchor(), begun, anchors.get(alias.getAnchor())));
            return begun;
        }
        String anchor = ((NodeEvent) event).getAnchor();
        if (anchor != null) {
            anchors.put(anchor, begun);
        }
        Place place;
        if (node instanceof CollectionNode<?> collection) {
            inside.put(node, begun.end());
            int last = walkInside(collection, events, begun.start());
            int end = at(events.next().getEndMark());
            // The mark of a block's end is where the next thing begins, comments passed over.
            place = withEnd(
                    begun, collection.getFlowStyle() == org.yaml.snakeyaml.DumperOptions.FlowStyle.FLOW ? end : last);
        } else {
            place = withEnd(begun, trimmed(begun));
        }
        nodes.put(node, place);
        return place;
    }

    private int walkInside(CollectionNode<?> collection, Iterator<Event> events, int from) {
        int last = from;
        if (collection instanceof SequenceNode sequence) {
            for (Node item : sequence.getValue()) {
                last = Math.max(last, walk(item, events).end());
            }
        }
        if (collection instanceof MappingNode mapping) {
            for (NodeTuple entry : mapping.getValue()) {
                Place key = walk(entry.getKeyNode(), events);
                Place value = walk(entry.getValueNode(), events);
                boolean isNowhere =
                        value.start() == value.end() && (value.start() == 0 || text.charAt(value.start() - 1) != ':');
                keys.put(entry, key);
                // A key without its colon: the mark is where the next thing begins.
                values.put(entry, isNowhere ? new Place(key.end(), key.end(), key.column(), key.line(), false) : value);
                last = Math.max(last, values.get(entry).end());
            }
        }
        return last;
    }

    private Place place(Event event, Mark start, int end) {
        return new Place(at(start), end, start.getColumn(), start.getLine() + 1, event instanceof AliasEvent);
    }

    private static Place withEnd(Place place, int end) {
        return new Place(place.start(), end, place.column(), place.line(), place.alias());
    }

    private int trimmed(Place scalar) {
        int end = scalar.end();
        while (end > scalar.start() && Character.isWhitespace(text.charAt(end - 1))) {
            end--;
        }
        return end;
    }

    private int at(Mark mark) {
        return offsets == null ? mark.getIndex() : offsets[mark.getIndex()];
    }
}
