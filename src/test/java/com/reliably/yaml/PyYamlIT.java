package com.reliably.yaml;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.testing.Command;
import com.reliably.testing.PythonEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.UniqueElements;
import org.junit.jupiter.api.Test;

/**
 * Documents read by us and by PyYAML, from PyPI. Refused by us alone is what {@code docs/api.md} names: numbers that JSON does
 * not have, names that are not strings, names twice in one mapping, and tags without a type in JSON.
 */
class PyYamlIT {

    private static final String VERSION = "PyYAML==6.0.3";
    private static final String SEED = "20261130";
    private static final int SCALARS = 4000;

    /** A line is a document as a JSON string; it prints what it says as JSON, or the type of error. */
    private static final String SCRIPT = """
            import datetime
            import json
            import sys
            import yaml

            def plain(value):
                if isinstance(value, (datetime.date, datetime.datetime)):
                    return value.isoformat()
                raise TypeError(type(value).__name__)

            def named_by_text(value):
                if isinstance(value, dict) and not all(isinstance(name, str) for name in value):
                    raise TypeError("a name that is no text")
                for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
                    named_by_text(part)
                return value

            for line in open(sys.argv[1], encoding="utf-8"):
                try:
                    value = named_by_text(yaml.safe_load(json.loads(line)))
                    print(json.dumps(value, default=plain, allow_nan=False))
                except (yaml.YAMLError, ValueError, TypeError, KeyError, OverflowError) as e:
                    print("! " + type(e).__name__)
            """;

    private static final ObjectMapper JSON = new ObjectMapper();

    @Property(tries = 1, seed = SEED, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void scalarsMeanTheSame(@ForAll @Size(SCALARS) @UniqueElements List<@From("scalars") String> scalars)
            throws IOException {
        List<String> documents = scalars.stream().map(scalar -> "- " + scalar).toList();
        List<String> theirs = ask(documents);
        int refused = 0;
        int texts = 0;
        for (int i = 0; i < documents.size(); i++) {
            String ours = read(documents.get(i));
            String document = documents.get(i);
            refused += ours.startsWith("!") ? 1 : 0;
            texts += ours.startsWith("[\"") ? 1 : 0;
            assertEquals(kind(theirs.get(i)), kind(ours), () -> "of '" + document + "'");
        }
        System.out.printf(
                "PyYAML and we agree on %d scalars (seed %s), %d texts, %d refused%n",
                scalars.size(), SEED, texts, refused);
        assertTrue(texts < 0.8 * scalars.size() && refused < 0.3 * scalars.size(), "the generator finds other things");
    }

    @Test
    void mergesAndAnchorsMeanTheSameInTheSameOrder() throws IOException {
        List<String> documents = List.of(
                "base: &b {x: 1, y: 2}\nitem: {z: 0, <<: *b, y: 3}",
                "a: &a {x: 1, p: 1}\nb: &b {x: 2, q: 2}\nitem:\n  z: 3\n  <<: [*a, *b]\n  q: 4",
                "a: &a {x: 1}\nb: &b {x: 2, w: 1}\nitem:\n  <<: *a\n  z: 3\n  <<: *b",
                "item: {<<: {<<: {deep: 1}, mid: 2}, top: 3}",
                "item: {<<: []}",
                "item: {<<: 3}",
                "item: {<<: [1]}",
                "item: {\"<<\": 3}",
                "=: 1",
                "- =",
                "- &x [1, 2]\n- *x",
                "- !!str 12\n- !!int \"12\"\n- !!float 3\n- !!bool \"yes\"\n- !!null \"\"",
                "- !!timestamp 2001-12-14t21:59:43.10-05:00\n- ! 12",
                "- |\n  12\n- >\n  yes\n- '1'\n- \"no\"",
                "zulu: 1\nalpha: 2\nmike: {zz: 1, aa: 2}",
                "",
                "---\n...\n",
                "a:\n- 1\n-\n- ~",
                "\"\\u00e9\": \"\\x41\"",
                "? a\n: b\n? c");
        List<String> theirs = ask(documents);
        for (int i = 0; i < documents.size(); i++) {
            // Python's json puts blanks between members, and nothing else.
            assertEquals(kind(theirs.get(i)), kind(read(documents.get(i))), "of " + documents.get(i));
        }
    }

    /** Mutations of scalars near the borders of the grammar, and whatever their characters make. */
    @Provide
    Arbitrary<String> scalars() {
        Arbitrary<String> seeds = Arbitraries.of(
                "1234e56",
                "7e3",
                "1.5e+3",
                "1.5e3",
                "1_000",
                "0o17",
                "017",
                "08",
                "0b101",
                "0x_1F",
                "190:20:30",
                "190:20:30.15",
                "1:5",
                "-1:59",
                ".5",
                "-.5",
                "5.",
                "+12",
                "._1",
                "0_",
                "0",
                "-0",
                "-0.0",
                ".inf",
                "-.INF",
                ".NaN",
                "yes",
                "No",
                "y",
                "on",
                "OFF",
                "true",
                "TRUE",
                "tRue",
                "null",
                "~",
                "Null",
                "nULL",
                "2001-12-14",
                "2001-12-14t21:59:43.10-05:00",
                "2001-12-14 21:59:43.10 -5",
                "2001-12-15 2:59:43.10",
                "2001-1-1 0:00:00Z",
                "2023-02-30",
                "0000-01-01",
                "9999-99-99",
                "=",
                "<<",
                "1e400",
                "1.0e+400",
                "12345678901234567890",
                "0.1_0",
                "1__0",
                "1.2.3",
                "10.0.0.1",
                "12e03",
                "0x",
                "0b",
                "0b_",
                "+0b1",
                "1:60",
                "60:00:00",
                "0:10",
                "-",
                "1-2",
                "a-b",
                "1.",
                "6.8523015e+5",
                "685.230_15e+03",
                "685_230.15");
        Arbitrary<String> tails = Arbitraries.strings()
                .withChars("0123456789012345+-._:eExbotTZ")
                .ofMinLength(0)
                .ofMaxLength(1);
        Arbitrary<String> mutated = seeds.flatMap(seed -> Arbitraries.integers()
                .between(0, seed.length())
                .flatMap(at -> tails.flatMap(tail -> Arbitraries.integers()
                        .between(0, 2)
                        .map(cut ->
                                seed.substring(0, at) + tail + seed.substring(Math.min(seed.length(), at + cut))))));
        Arbitrary<String> free = Arbitraries.strings()
                .withChars("01234567890123456789+-._:e")
                .ofMinLength(1)
                .ofMaxLength(6);
        return Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(1, seeds), net.jqwik.api.Tuple.of(6, mutated), net.jqwik.api.Tuple.of(3, free));
    }

    private static List<String> ask(List<String> documents) throws IOException {
        Path asked = Files.createTempFile("documents", ".txt");
        StringBuilder lines = new StringBuilder();
        for (String document : documents) {
            lines.append(JSON.writeValueAsString(document)).append('\n');
        }
        Files.writeString(asked, lines);
        Command.Result answer = PythonEnvironment.of("pyyaml", VERSION)
                .command("python", "-c", SCRIPT, asked.toString())
                .run()
                .succeeded();
        Files.delete(asked);
        List<String> answers = answer.output().lines().collect(Collectors.toList());
        assertEquals(documents.size(), answers.size(), answer.output());
        return answers;
    }

    private static String read(String document) throws IOException {
        try {
            return JSON.writeValueAsString(YamlReader.read(document, YamlDialect.PYYAML));
        } catch (UnreadableYaml e) {
            return "! " + e.getMessage();
        }
    }

    /** JSON with one way of writing each value: whole numbers stay whole, real ones real. */
    private static String kind(String answer) throws IOException {
        return answer.startsWith("!") ? "refused" : JSON.readTree(answer).toString();
    }
}
