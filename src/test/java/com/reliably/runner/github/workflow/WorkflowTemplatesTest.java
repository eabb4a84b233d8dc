package com.reliably.runner.github.workflow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.runner.LaunchFailure;
import com.reliably.schedule.Overlap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * Templates as nobody thought of them: what is made of one says what its author and the plan say, or it is refused in words.
 * Where it is neither, jqwik prints the seed and the smallest case.
 */
class WorkflowTemplatesTest {

    private static final Duration BOUND = Duration.ofSeconds(60);
    private static final List<String> TEMPLATES = templates();

    private static List<String> templates() {
        try (Stream<Path> files = WorkflowFileTest.templates()) {
            return files.map(file -> {
                        try {
                            return Files.readString(file);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    })
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Property(tries = 3000, edgeCases = EdgeCasesMode.NONE)
    void aTemplateIsEditedAsMeantOrRefusedInWords(@ForAll("mutated") String template, @ForAll boolean scheduled) {
        WorkflowOrder order = scheduled ? WorkflowFileTest.scheduled(Overlap.FORBID) : WorkflowFileTest.dispatched();
        assertTimeout(BOUND, () -> {
            String made;
            try {
                made = WorkflowFile.fromTemplate(template, order).text();
            } catch (LaunchFailure refused) {
                assertNotNull(refused.getMessage());
                assertTrue(refused.getMessage().startsWith("The template "), refused.getMessage());
                Statistics.collect("refused");
                return;
            }
            assertKept(template, made, scheduled);
            Statistics.collect("edited");
        });
        Statistics.coverage(outcomes -> outcomes.check("edited").percentage(percent -> percent > 25));
    }

    /** Everything but what a plan says, by another way than that of the code under test. */
    private static void assertKept(String template, String made, boolean scheduled) {
        Map<Object, Object> before = load(template);
        Map<Object, Object> after = load(made);
        Object on = after.containsKey(true) ? after.get(true) : after.get("on");
        assertEquals(
                scheduled ? "[schedule]" : "[workflow_dispatch]",
                assertInstanceOf(Map.class, on).keySet().toString());
        assertTrue(scheduled || String.valueOf(after.get("run-name")).contains("${{ inputs.reliably_run_id }}"));
        for (Map<Object, Object> workflow : List.of(before, after)) {
            List.of(true, "on", "run-name", "name", "concurrency").forEach(workflow::remove);
        }
        Map<?, ?> jobs = (Map<?, ?>) after.remove("jobs");
        Map<?, ?> own = (Map<?, ?>) before.remove("jobs");
        assertEquals(String.valueOf(before), String.valueOf(after));
        assertEquals(own.keySet(), jobs.keySet());
        int uses = 0;
        for (Object name : own.keySet()) {
            uses += assertJobKept(own.get(name), jobs.get(name));
        }
        assertTrue(uses > 0, made);
    }

    private static int assertJobKept(Object before, Object after) {
        if (!(before instanceof Map<?, ?> own) || own.containsKey("uses")) {
            assertEquals(String.valueOf(before), String.valueOf(after));
            return 0;
        }
        Map<?, ?> job = (Map<?, ?>) after;
        Object environment = job.get("environment");
        assertEquals("pro'duction", environment instanceof Map<?, ?> withUrl ? withUrl.get("name") : environment);
        assertEquals(
                without(own, "environment", "steps").toString(),
                without(job, "environment", "steps").toString());
        if (!(own.get("steps") instanceof List<?> steps)) {
            assertEquals(String.valueOf(own.get("steps")), String.valueOf(job.get("steps")));
            return 0;
        }
        List<?> stepsNow = (List<?>) job.get("steps");
        assertEquals(steps.size(), stepsNow.size());
        int uses = 0;
        for (int i = 0; i < steps.size(); i++) {
            if (steps.get(i) instanceof Map<?, ?> step
                    && step.get("uses") instanceof String used
                    && used.startsWith("reliablyhq/actions/plan@")) {
                uses++;
                Map<?, ?> now = (Map<?, ?>) stepsNow.get(i);
                Map<?, ?> with = (Map<?, ?>) now.get("with");
                assertEquals(WorkflowFileTest.PLAN.toString(), with.get("plan-id"));
                assertEquals("chaos.example.com", with.get("reliably-host"));
                assertEquals(
                        without(step, "with").toString(), without(now, "with").toString());
            } else {
                assertEquals(String.valueOf(steps.get(i)), String.valueOf(stepsNow.get(i)));
            }
        }
        return uses;
    }

    private static Map<Object, Object> without(Map<?, ?> mapping, String... names) {
        Map<Object, Object> others = new LinkedHashMap<>(mapping);
        List.of(names).forEach(others::remove);
        return others;
    }

    private static Map<Object, Object> load(String text) {
        LoaderOptions options = new LoaderOptions();
        return new Yaml(new SafeConstructor(options)).load(text);
    }

    /** One of the templates, changed a few times. */
    @Provide
    Arbitrary<String> mutated() {
        return Combinators.combine(
                        Arbitraries.of(TEMPLATES),
                        Arbitraries.longs(),
                        Arbitraries.integers().between(0, 6))
                .as((template, seed, changes) -> mutated(template, new Random(seed), changes));
    }

    private static String mutated(String template, Random random, int changes) {
        String text = template;
        for (int change = 0; change < changes; change++) {
            text = mutated(text, random);
        }
        return text;
    }

    private static String mutated(String text, Random random) {
        List<String> lines = new ArrayList<>(text.lines().toList());
        if (lines.isEmpty()) {
            return text;
        }
        int at = random.nextInt(lines.size());
        String line = lines.get(at);
        String name = List.of("a", "b").get(random.nextInt(2));
        switch (random.nextInt(14)) {
            case 0 -> lines.remove(at);
            case 1 -> lines.add(random.nextInt(lines.size()), line);
            case 2, 3 -> lines.set(at, line.replaceFirst(": ?", ": &" + name + " "));
            case 4, 5 -> lines.set(at, line.replaceFirst(":.*", ": *" + name));
            case 6 -> lines.set(at, line.replaceFirst("- ", "- &" + name + " "));
            case 7 -> lines.set(at, line.replaceFirst("- .*", "- *" + name));
            case 8 -> lines.add(at, " ".repeat(indentOf(line)) + "<<: *" + name);
            case 9 -> lines.set(at, line.replaceFirst(" {2}", "\t"));
            case 10 -> lines.set(at, line.replaceFirst("[{\\[]", "{&" + name + " "));
            case 11 ->
                lines.set(
                        at,
                        line
                                + List.of("\r", "\0", "\uFEFF", "\u0085", "\u2028", " # c", ":", "'", "\uD83D")
                                        .get(random.nextInt(9)));
            case 12 ->
                lines.add(
                        at,
                        " ".repeat(indentOf(line)) + "deep: " + "[".repeat(1 << random.nextInt(12))
                                + "]".repeat(1 << random.nextInt(12)));
            default -> lines.set(at, " ".repeat(random.nextInt(9)) + line.strip());
        }
        String newline = random.nextInt(8) == 0 ? "\r\n" : "\n";
        String changed = lines.stream().collect(Collectors.joining(newline, "", newline));
        return random.nextInt(20) == 0 ? "\uFEFF" + changed : changed;
    }

    private static int indentOf(String line) {
        return line.length() - line.stripLeading().length();
    }
}
