package com.reliably.yaml;

import java.util.function.Function;

/** Types of plain scalars and limits of a document, by the program that a text is meant for. */
public enum YamlDialect {
    /** PyYAML's safe loader, by which the Chaos Toolkit reads experiments: YAML 1.1. */
    PYYAML(PyYamlScalars::value, PyYamlScalars::tagged, 100, true, false),
    /** The reader of kubectl and client-go (sigs.k8s.io/yaml). Aliases are refused: nobody needs them there. */
    KUBECTL(KubectlScalars::value, KubectlScalars::tagged, 50, false, true);

    final Function<String, Object> plainValue;
    final Tagged taggedValue;
    final int deepest;
    final boolean aliases;
    /** Names that are truths, whole numbers or null are taken as their text, as JSON has them. */
    final boolean namesAreText;

    YamlDialect(
            Function<String, Object> plainValue,
            Tagged taggedValue,
            int deepest,
            boolean aliases,
            boolean namesAreText) {
        this.plainValue = plainValue;
        this.taggedValue = taggedValue;
        this.deepest = deepest;
        this.aliases = aliases;
        this.namesAreText = namesAreText;
    }

    /** Value of a scalar with one of YAML's own tags. */
    @FunctionalInterface
    interface Tagged {
        /**
         * Makes the value.
         *
         * @param type the tag without its prefix, as in {@code int}
         * @throws IllegalArgumentException where the text has none of this type; the message completes "a value that …"
         */
        Object value(String type, String text);
    }
}
