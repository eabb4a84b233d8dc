package com.reliably.deployment;

import java.io.StringReader;
import java.util.Map;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.CollectionEndEvent;
import org.yaml.snakeyaml.events.CollectionStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * Reads one YAML document that a stranger wrote, as Kubernetes reads it: only plain data, no timestamps. Aliases are
 * refused, because a few lines of them can stand for gigabytes.
 */
final class YamlDocument {

    private static final int LARGEST = 262_144;
    private static final int DEEPEST = 50;

    private YamlDocument() {}

    /**
     * The document as maps, lists and scalars.
     *
     * @throws Fault where it is not a single mapping; its message never quotes the document
     */
    static Map<?, ?> read(String text) throws Fault {
        if (text.length() > LARGEST) {
            throw new Fault("more than " + LARGEST + " characters");
        }
        try {
            refuseCostly(text);
            Object only = null;
            for (Object document : newReader().loadAll(text)) {
                // An empty document is what a separator at the end leaves.
                if (document != null && only != null) {
                    throw new Fault("more than one document; give a single one");
                }
                only = only == null ? document : only;
            }
            if (only instanceof Map<?, ?> mapping) {
                return mapping;
            }
            throw new Fault(only == null ? "empty" : "not a mapping of names to values");
        } catch (MarkedYAMLException e) {
            throw new Fault("not YAML"
                    + (e.getProblemMark() == null
                            ? ""
                            : ", see line " + (e.getProblemMark().getLine() + 1)));
        } catch (RuntimeException e) {
            // Scalars with a wrong explicit tag end in whatever their parser throws.
            throw new Fault("not YAML");
        }
    }

    /**
     * Before anything is made of it. The library looks at the depth only where it makes values, and what it reads by costs
     * it a thousand times more on each level that is open.
     */
    private static void refuseCostly(String text) throws Fault {
        int depth = 0;
        for (Event event : newReader().parse(new StringReader(text))) {
            if (event instanceof AliasEvent alias) {
                throw new Fault("using an alias in line "
                        + (alias.getStartMark().getLine() + 1) + ", which is not taken here; write the value out");
            }
            if (event instanceof CollectionStartEvent start && ++depth > DEEPEST) {
                throw new Fault("not YAML of at most " + DEEPEST + " levels, see line "
                        + (start.getStartMark().getLine() + 1));
            }
            if (event instanceof CollectionEndEvent) {
                depth--;
            }
        }
    }

    private static Yaml newReader() {
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(LARGEST);
        options.setNestingDepthLimit(DEEPEST);
        options.setAllowDuplicateKeys(false);
        options.setAllowRecursiveKeys(false);
        DumperOptions unused = new DumperOptions();
        return new Yaml(
                new SafeConstructor(options), new Representer(unused), unused, options, new WithoutTimestamps());
    }

    /** Why a document was not taken. The message completes "The manifest is …". */
    static final class Fault extends Exception {

        private static final long serialVersionUID = 1L;

        Fault(String message) {
            super(message, null, false, false);
        }
    }

    private static final class WithoutTimestamps extends Resolver {

        @Override
        public void addImplicitResolver(Tag tag, Pattern pattern, String first, int limit) {
            if (!Tag.TIMESTAMP.equals(tag)) {
                super.addImplicitResolver(tag, pattern, first, limit);
            }
        }
    }
}
