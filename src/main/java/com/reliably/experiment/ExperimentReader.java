package com.reliably.experiment;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.reliably.problem.Fault;
import com.reliably.problem.Faults;
import com.reliably.problem.ProblemException;
import com.reliably.yaml.UnreadableYaml;
import com.reliably.yaml.YamlDialect;
import com.reliably.yaml.YamlReader;
import jakarta.inject.Singleton;
import java.util.List;

/** Makes an experiment of what a user sent, or says what is wrong with it. */
@Singleton
final class ExperimentReader {

    /** The largest experiment, in characters: a thousand times a usual one. */
    static final int LARGEST = 1 << 20;

    private final ObjectReader json;

    ExperimentReader(ObjectMapper json) {
        // Numbers are kept as they were written.
        this.json = json.reader()
                .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .with(JsonNodeFactory.withExactBigDecimals(true))
                .without(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES);
    }

    /**
     * Reads JSON.
     *
     * @param member the member of the body that has it, for faults
     * @throws ProblemException 422 naming what is wrong
     */
    ObjectNode readJson(String text, String member) {
        refuseLarge(text, member);
        try {
            return checked(parse(text, member), member);
        } catch (JsonProcessingException e) {
            throw invalid(member, "Invalid JSON: " + whatAndWhere(e));
        }
    }

    /**
     * Reads JSON, or YAML. What begins as JSON is JSON: flow mappings of YAML look like it, and so does JSON with comments,
     * whose comments YAML would read as names.
     *
     * @param member the member of the body that has it, for faults
     * @throws ProblemException 422 naming what is wrong
     */
    ObjectNode readJsonOrYaml(String text, String member) {
        refuseLarge(text, member);
        String document = text.startsWith("\uFEFF") ? text.substring(1) : text;
        String begin = document.stripLeading();
        return begin.startsWith("{") || begin.startsWith("[")
                ? readJson(document, member)
                : checked(readYaml(document, member), member);
    }

    private JsonNode parse(String text, String member) throws JsonProcessingException {
        try {
            return json.readTree(text);
        } catch (NumberFormatException e) {
            // An exponent that no BigDecimal has.
            throw invalid(member, "A number in it is too large, or too close to zero");
        }
    }

    private static JsonNode readYaml(String text, String member) {
        try {
            return YamlAsJson.of(YamlReader.read(text, YamlDialect.PYYAML));
        } catch (UnreadableYaml e) {
            throw invalid(
                    member, "The experiment is neither JSON nor YAML that is accepted here: it is " + e.getMessage());
        }
    }

    private static void refuseLarge(String text, String member) {
        if (text.length() > LARGEST) {
            throw ProblemException.invalid(Fault.of(
                    "string_too_long",
                    List.of("body", member),
                    "An experiment has at most " + LARGEST + " characters"));
        }
    }

    private static ObjectNode checked(JsonNode document, String member) {
        if (!(document instanceof ObjectNode experiment)) {
            throw ProblemException.invalid(Fault.of(
                    "dict_type",
                    List.of("body", member),
                    "An experiment is an object with at least the members 'title' and 'method'"));
        }
        Faults faults = Faults.inBody();
        ExperimentRules.check(experiment, faults.at(member));
        faults.throwIfAny();
        return experiment;
    }

    private static String whatAndWhere(JsonProcessingException e) {
        String what = e.getOriginalMessage();
        int end = what.indexOf('\n');
        String firstLine = end < 0 ? what : what.substring(0, end);
        return (firstLine.length() > 120 ? firstLine.substring(0, 120) + "…" : firstLine)
                + (e.getLocation() == null
                        ? ""
                        : " (line " + e.getLocation().getLineNr() + ", column "
                                + e.getLocation().getColumnNr() + ")");
    }

    private static ProblemException invalid(String member, String msg) {
        return ProblemException.invalid(Fault.of("json_invalid", List.of("body", member), msg));
    }
}
