package com.reliably.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.reliably.problem.ProblemException;
import com.reliably.testing.Command;
import com.reliably.testing.PythonEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Experiments judged by us and by what {@code chaos validate} calls, of the Chaos Toolkit from PyPI: one that we take is
 * valid there, and one that we refuse is not, but for what is listed here.
 */
class ChaosValidateIT {

    private static final String VERSION = "chaostoolkit-lib[jsonpath]==1.44.0";
    private static final long SEED = 20261130;
    private static final int EXPERIMENTS = 1500;

    /** Prints of each line, an experiment, whether it is valid. */
    private static final String SCRIPT = """
            import json
            import logging
            import sys
            from chaoslib.experiment import ensure_experiment_is_valid

            logging.disable(logging.CRITICAL)
            for line in open(sys.argv[1], encoding="utf-8"):
                try:
                    ensure_experiment_is_valid(json.loads(line))
                    print("= valid")
                except Exception as e:
                    print("= " + type(e).__name__ + " " + ascii(str(e)))
            """;

    private static final String WHOLE = """
            {"title": "t", "description": "d", "tags": ["a", "b"],
             "configuration": {"plain": "x", "variable": {"type": "env", "key": "PATH"}},
             "secrets": {"target": {"secret": {"type": "env", "key": "PATH"}}},
             "contributions": {"reliability": "high"},
             "extensions": [{"name": "mine", "value": 1}],
             "controls": [{"name": "c", "scope": "before", "provider": {"type": "python", "module": "json"}}],
             "steady-state-hypothesis": {"title": "h", "probes": [
               {"type": "probe", "name": "p1", "tolerance": 0, "provider": {"type": "process", "path": "ls", "arguments": "-l"}},
               {"type": "probe", "name": "p2", "tolerance": {"type": "regex", "pattern": "a+"},
                "provider": {"type": "http", "url": "http://localhost", "headers": {"a": "b"}}},
               {"type": "probe", "name": "p3", "tolerance": {"type": "range", "range": [1, 2]},
                "provider": {"type": "python", "module": "json", "func": "loads", "arguments": {"s": "1"}}},
               {"type": "probe", "name": "p4", "tolerance": [1, 2], "provider": {"type": "process", "path": "ls"}},
               {"type": "probe", "name": "p5", "tolerance": {"type": "jsonpath", "path": "$.a"},
                "provider": {"type": "process", "path": "ls"}},
               {"type": "probe", "name": "p6", "provider": {"type": "process", "path": "ls"},
                "tolerance": {"type": "probe", "name": "t", "provider": {"type": "process", "path": "ls"}}}]},
             "method": [
               {"type": "action", "name": "a1", "background": true, "timeout": 3, "pauses": {"before": 1, "after": "${x}"},
                "provider": {"type": "process", "path": "ls", "timeout": 3},
                "controls": [{"name": "d", "provider": {"type": "python", "module": "json"}}]},
               {"ref": "p1"}, {"ref": "a1"}],
             "rollbacks": [{"type": "action", "name": "r", "provider": {"type": "process", "path": "ls"}}]}
            """;

    private static final List<String> VALUES = List.of(
            "null", "\"\"", "0", "1.5", "true", "false", "[]", "{}", "\"x\"", "[1]", "{\"a\": 1}", "\"probe\"", "7");

    private static final ObjectMapper JSON = new ObjectMapper();

    /** An experiment with one or two members changed, and the ways to them. */
    private record Changed(JsonNode experiment, List<String> ways) {
        boolean touches(String... names) {
            return ways.stream().anyMatch(way -> List.of(names).stream().anyMatch(way::endsWith));
        }
    }

    @Test
    void weTakeWhatTheChaosToolkitRuns() throws IOException {
        List<Changed> asked = changed();
        List<String> theirs = ask(asked);
        List<String> surprises = new ArrayList<>();
        int valid = 0;
        for (int i = 0; i < asked.size(); i++) {
            boolean taken = theirs.get(i).equals("valid");
            valid += taken ? 1 : 0;
            String ours = fault(asked.get(i).experiment());
            if (taken != (ours == null) && !isExplained(asked.get(i), taken)) {
                surprises.add(asked.get(i).ways() + ": theirs " + theirs.get(i) + ", ours " + ours + "\n");
            }
        }
        System.out.printf("%d of %d experiments are valid (seed %d)%n", valid, asked.size(), SEED);
        assertEquals(List.of(), surprises);
        assertTrue(valid > 200 && valid < EXPERIMENTS - 200, valid + " valid ones");
    }

    private static boolean isExplained(Changed changed, boolean taken) {
        return taken
                // We want text where people read it, and the type that a member's readers expect.
                ? changed.touches(
                        "/title",
                        "/description",
                        "/contributions",
                        "/tags",
                        "/extensions",
                        "/name",
                        "/headers",
                        "/key",
                        "/module",
                        // Empty objects stand for empty lists there, and URLs may be anything until they are called.
                        "/url",
                        "/rollbacks",
                        "/controls")
                // What is found, called or compiled only where the experiment runs.
                : changed.touches(
                        "/path",
                        "/module",
                        "/func",
                        "/arguments",
                        "/arguments/s",
                        "/pattern",
                        "/key",
                        "/env_var_type",
                        "/secrets",
                        "/target",
                        "/secret");
    }

    private static List<Changed> changed() throws IOException {
        Random random = new Random(SEED);
        Set<JsonNode> seen = new LinkedHashSet<>();
        List<Changed> made = new ArrayList<>();
        while (made.size() < EXPERIMENTS) {
            ObjectNode experiment = (ObjectNode) JSON.readTree(WHOLE);
            List<String> ways = new ArrayList<>();
            for (int i = random.nextInt(3) / 2; i >= 0; i--) {
                ways.add(change(experiment, random));
            }
            if (seen.add(experiment)) {
                made.add(new Changed(experiment, ways));
            }
        }
        return made;
    }

    private static String change(ObjectNode experiment, Random random) throws IOException {
        List<String> ways = new ArrayList<>();
        collect(experiment, "", ways);
        String way = ways.get(random.nextInt(ways.size()));
        int end = way.lastIndexOf('/');
        JsonNode parent = experiment.at(way.substring(0, end));
        String member = way.substring(end + 1);
        int choice = random.nextInt(VALUES.size() + 3);
        if (choice >= VALUES.size()) {
            if (parent instanceof ObjectNode object) {
                object.remove(member);
            } else {
                ((ArrayNode) parent).remove(Integer.parseInt(member));
            }
            return way;
        }
        JsonNode value = JSON.readTree(VALUES.get(choice));
        if (parent instanceof ObjectNode object) {
            object.set(member, value);
        } else {
            ((ArrayNode) parent).set(Integer.parseInt(member), value);
        }
        return way;
    }

    private static void collect(JsonNode node, String way, List<String> ways) {
        if (node.isObject()) {
            node.properties().forEach(member -> {
                ways.add(way + "/" + member.getKey());
                collect(member.getValue(), way + "/" + member.getKey(), ways);
            });
        }
        for (int i = 0; node.isArray() && i < node.size(); i++) {
            ways.add(way + "/" + i);
            collect(node.get(i), way + "/" + i, ways);
        }
    }

    private static String fault(JsonNode experiment) {
        try {
            new ExperimentReader(JSON).readJson(experiment.toString(), "experiment");
            return null;
        } catch (ProblemException e) {
            return e.getMessage();
        }
    }

    private static List<String> ask(List<Changed> experiments) throws IOException {
        Path asked = Files.createTempFile("experiments", ".txt");
        StringBuilder lines = new StringBuilder();
        experiments.forEach(each -> lines.append(each.experiment()).append('\n'));
        Files.writeString(asked, lines);
        Command.Result answer = PythonEnvironment.of("chaoslib", VERSION)
                .command("python", "-c", SCRIPT, asked.toString())
                .run()
                .succeeded();
        Files.delete(asked);
        List<String> answers = answer.output()
                .lines()
                // Its JSON paths' parser prints for itself.
                .filter(line -> line.startsWith("= "))
                .map(line -> line.substring(2))
                .toList();
        assertEquals(experiments.size(), answers.size(), answer.output());
        return answers;
    }
}
