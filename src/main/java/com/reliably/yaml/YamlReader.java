package com.reliably.yaml;

import java.io.StringReader;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.MappingStartEvent;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.events.SequenceStartEvent;
import org.yaml.snakeyaml.representer.Representer;

/**
 * Reads one YAML document of a stranger into maps, lists, texts, truths, numbers (Integer, Long, {@link BigInteger} and Double)
 * and nulls. The library takes the text apart; what is made of it is made here, event by event, so that depth and
 * size are bounded while it is read, and so that scalars mean what they mean to the program that the text is for.
 *
 * <p>A part that aliases refer to is the same object wherever they stand, and must not be changed. Its size counts each time:
 * a few lines of aliases can stand for more than any memory holds.
 */
public final class YamlReader {

    /** Most characters of a text, and of what it stands for when its aliases are followed. */
    public static final int LARGEST = 1 << 18;

    private static final String YAML_TAG = "tag:yaml.org,2002:";
    /** Key that a dialect's merge stands under; no text is identical to it. */
    private static final Object MERGE = new Object();

    private final YamlDialect dialect;
    private final Iterator<Event> events;
    private final Map<String, Anchored> anchors = new HashMap<>();
    private int depth;

    private YamlReader(String text, YamlDialect dialect) {
        this.dialect = dialect;
        events = parser().parse(new StringReader(text)).iterator();
    }

    /** A value and the characters it stands for, aliases followed. */
    private record Sized(Object value, long size) {}

    /** A part with a name; its value is null until it has been read to its end. */
    private record Anchored(Sized part) {}

    /**
     * Reads a text with one document; empty ones after it are passed over.
     *
     * @return null where the document is empty or says null
     * @throws UnreadableYaml with the reason and the place
     */
    public static Object read(String text, YamlDialect dialect) throws UnreadableYaml {
        if (text.length() > LARGEST) {
            throw new UnreadableYaml("more than " + LARGEST + " characters");
        }
        try {
            return new YamlReader(text, dialect).document();
        } catch (MarkedYAMLException e) {
            throw new UnreadableYaml("not YAML" + place(e.getProblemMark()));
        } catch (YAMLException e) {
            throw new UnreadableYaml("not YAML: it has a character that YAML does not have");
        }
    }

    /**
     * Reads a text whose document is a mapping.
     *
     * @return never null
     * @throws UnreadableYaml with the reason and the place
     */
    public static Map<?, ?> readMapping(String text, YamlDialect dialect) throws UnreadableYaml {
        Object document = read(text, dialect);
        if (document instanceof Map<?, ?> mapping) {
            return mapping;
        }
        throw new UnreadableYaml(document == null ? "empty" : "not a mapping of names to values");
    }

    private static Yaml parser() {
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(LARGEST);
        DumperOptions unused = new DumperOptions();
        return new Yaml(new SafeConstructor(options), new Representer(unused), unused, options);
    }

    private Object document() throws UnreadableYaml {
        Object found = null;
        boolean any = false;
        while (events.hasNext()) {
            Event event = events.next();
            if (!event.is(Event.ID.DocumentStart)) {
                continue;
            }
            anchors.clear();
            Object document = node(events.next()).value();
            if (any && document != null) {
                throw new UnreadableYaml(
                        "more than one document" + place(event.getStartMark()) + "; give a single one");
            }
            any |= document != null;
            found = any && found == null ? document : found;
        }
        return found;
    }

    private Sized node(Event event) throws UnreadableYaml {
        if (event instanceof AliasEvent alias) {
            return aliased(alias);
        }
        String anchor = ((NodeEvent) event).getAnchor();
        if (anchor != null) {
            anchors.put(anchor, new Anchored(null));
        }
        Sized made = event instanceof ScalarEvent scalar ? scalar(scalar) : collection(event);
        if (anchor != null) {
            anchors.put(anchor, new Anchored(made));
        }
        return made;
    }

    private Sized aliased(AliasEvent alias) throws UnreadableYaml {
        if (!dialect.aliases) {
            throw new UnreadableYaml("using an alias in line " + line(alias.getStartMark())
                    + ", which is not taken here; write the value out");
        }
        Anchored named = anchors.get(alias.getAnchor());
        if (named == null) {
            throw new UnreadableYaml("using an alias of nothing" + place(alias.getStartMark()));
        }
        if (named.part() == null) {
            throw new UnreadableYaml("containing itself" + place(alias.getStartMark()));
        }
        return named.part();
    }

    private Sized collection(Event start) throws UnreadableYaml {
        if (++depth > dialect.deepest) {
            throw new UnreadableYaml(
                    "not YAML of at most " + dialect.deepest + " levels" + place(start.getStartMark()));
        }
        Sized made =
                start instanceof SequenceStartEvent sequence ? sequence(sequence) : mapping((MappingStartEvent) start);
        depth--;
        if (made.size() > LARGEST) {
            throw new UnreadableYaml(
                    "larger than " + LARGEST + " characters with its aliases followed" + place(start.getStartMark()));
        }
        return made;
    }

    private Sized sequence(SequenceStartEvent start) throws UnreadableYaml {
        refuseTag(start.getTag(), "seq", start.getStartMark());
        List<Object> list = new ArrayList<>();
        long size = 1;
        for (Event event = events.next(); !event.is(Event.ID.SequenceEnd); event = events.next()) {
            Sized element = node(event);
            list.add(element.value());
            size = sum(size, element.size(), event);
        }
        return new Sized(Collections.unmodifiableList(list), size);
    }

    private Sized mapping(MappingStartEvent start) throws UnreadableYaml {
        refuseTag(start.getTag(), "map", start.getStartMark());
        Map<String, Object> own = new LinkedHashMap<>();
        Map<String, Object> merged = new LinkedHashMap<>();
        long size = 1;
        for (Event event = events.next(); !event.is(Event.ID.MappingEnd); event = events.next()) {
            Object key = key(event);
            Event of = events.next();
            Sized value = node(of);
            size = sum(size, value.size(), of);
            if (key == MERGE) {
                merge(value.value(), merged, of.getStartMark());
                continue;
            }
            String name = (String) key;
            size += name.length();
            if (own.containsKey(name)) {
                throw new UnreadableYaml("not YAML" + place(event.getStartMark()) + ": a name that is there already");
            }
            own.put(name, value.value());
        }
        if (merged.isEmpty()) {
            return new Sized(Collections.unmodifiableMap(own), size);
        }
        // What is merged comes first, as in PyYAML, and the mapping's own members win.
        merged.putAll(own);
        return new Sized(Collections.unmodifiableMap(merged), size);
    }

    /** The name, or {@link #MERGE}. */
    private Object key(Event event) throws UnreadableYaml {
        if (event instanceof ScalarEvent scalar && isPlain(scalar)) {
            if (scalar.getValue().equals("<<")) {
                return MERGE;
            }
            if (scalar.getValue().equals("=")) {
                return "=";
            }
        }
        Object value = node(event).value();
        if (value instanceof String name) {
            return name;
        } else if (dialect.namesAreText && (value == null || value instanceof Boolean || value instanceof Integer)) {
            return String.valueOf(value);
        }
        throw new UnreadableYaml(
                "using a name that is not a string" + place(event.getStartMark()) + "; put it in quotes");
    }

    /** Of several mappings the first wins, and of several merges the last; PyYAML's order of members is kept. */
    private static void merge(Object value, Map<String, Object> into, Mark mark) throws UnreadableYaml {
        List<?> mappings = value instanceof List<?> list ? list : List.of(value == null ? "" : value);
        for (int i = mappings.size() - 1; i >= 0; i--) {
            if (!(mappings.get(i) instanceof Map<?, ?> mapping)) {
                throw new UnreadableYaml("merging ('<<') what is not a mapping" + place(mark));
            }
            mapping.forEach((name, member) -> into.put((String) name, member));
        }
    }

    private Sized scalar(ScalarEvent event) throws UnreadableYaml {
        String text = event.getValue();
        try {
            Object value;
            if (event.getTag() == null || event.getTag().equals("!")) {
                value = isPlain(event) ? dialect.plainValue.apply(text) : text;
            } else if (event.getTag().startsWith(YAML_TAG)) {
                value = dialect.taggedValue.value(event.getTag().substring(YAML_TAG.length()), text);
            } else {
                throw new IllegalArgumentException("has a tag of its own, which is not taken here");
            }
            return new Sized(value instanceof BigInteger number ? narrowed(number) : value, text.length() + 1L);
        } catch (IllegalArgumentException e) {
            throw new UnreadableYaml(
                    "not YAML that is taken here, by a value that " + e.getMessage() + place(event.getStartMark()));
        }
    }

    private static Number narrowed(BigInteger number) {
        if (number.bitLength() < Integer.SIZE) {
            return number.intValueExact();
        }
        return number.bitLength() < Long.SIZE ? (Number) number.longValueExact() : number;
    }

    private static boolean isPlain(ScalarEvent event) {
        return event.isPlain() && (event.getTag() == null || event.getTag().equals("!"));
    }

    private static void refuseTag(String tag, String own, Mark mark) throws UnreadableYaml {
        if (tag != null && !tag.equals("!") && !tag.equals(YAML_TAG + own)) {
            throw new UnreadableYaml("not YAML that is taken here, by a tag for which JSON has no type" + place(mark));
        }
    }

    private long sum(long size, long more, Event event) throws UnreadableYaml {
        long sum = size + more;
        if (sum > LARGEST) {
            throw new UnreadableYaml(
                    "larger than " + LARGEST + " characters with its aliases followed" + place(event.getStartMark()));
        }
        return sum;
    }

    private static int line(Mark mark) {
        return mark.getLine() + 1;
    }

    private static String place(Mark mark) {
        return mark == null ? "" : ", see line " + line(mark) + ", column " + (mark.getColumn() + 1);
    }
}
