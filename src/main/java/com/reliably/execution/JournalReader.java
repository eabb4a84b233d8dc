package com.reliably.execution;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.reliably.problem.Fault;
import com.reliably.problem.ProblemException;
import com.reliably.secret.SecretMask;
import com.reliably.web.PlainText;
import com.reliably.web.StorableNumber;
import com.reliably.web.WireTime;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * Reads journals, the largest and most frequent thing that clients send: once, token by token, and almost always
 * without writing them anew. A journal is what a run did, so it is not refused for what the tools in it printed: text
 * that cannot be stored is repaired, and a number that cannot be (Python writes {@code NaN} into JSON) becomes a text.
 */
@Singleton
final class JournalReader {

    private static final int LONGEST_TITLE = 500;
    private static final int LONGEST_WORD = 64;

    private final JsonFactory json = JsonFactory.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .build();

    /**
     * Makes a journal of what a client sent.
     *
     * @throws ProblemException 422 where it is not a JSON object, or nested too deep
     */
    Journal read(String text) {
        Scan scan = new Scan(text);
        try {
            scan.run();
            return scan.journal(scan.storable ? text : repaired(text));
        } catch (JsonProcessingException e) {
            throw ProblemException.invalid(Fault.of(
                    "json_invalid", List.of("body", "result"), "Invalid JSON: " + firstLine(e.getOriginalMessage())));
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /**
     * A journal with secrets masked in its names and texts; a number that has one in its digits becomes a text. Everything
     * else stays as it was.
     *
     * @return the same where nothing is to be masked, or where it is no journal, which {@link #read} refuses
     */
    String masked(String text, SecretMask mask) {
        if (!mask.mayChange(text)) {
            return text;
        }
        try {
            return hasSecret(text, mask)
                    ? rewritten(text, mask::mask, literal -> !mask.changes(literal), mask::mask)
                    : text;
        } catch (JsonProcessingException refused) {
            return text;
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    private boolean hasSecret(String text, SecretMask mask) throws IOException {
        try (JsonParser in = json.createParser(text)) {
            for (JsonToken token = in.nextToken(); token != null; token = in.nextToken()) {
                boolean named = token == JsonToken.FIELD_NAME;
                if ((named || token.isScalarValue()) && mask.changes(named ? in.currentName() : in.getText())) {
                    return true;
                }
            }
            return false;
        }
    }

    private static String firstLine(String text) {
        int end = text.indexOf('\n');
        String line = end < 0 ? text : text.substring(0, end);
        return line.length() > 120 ? line.substring(0, 120) + "…" : line;
    }

    private static boolean isStorableNumber(String literal) {
        // Not NaN, Infinity and their like, which end in a letter.
        return Character.isDigit(literal.charAt(literal.length() - 1)) && StorableNumber.isStorable(literal);
    }

    private String repaired(String text) throws IOException {
        return rewritten(text, PlainText::repaired, JournalReader::isStorableNumber, UnaryOperator.identity());
    }

    /** With other names and texts, and texts in the place of numbers that cannot stay. */
    private String rewritten(
            String text, UnaryOperator<String> word, Predicate<String> numberStays, UnaryOperator<String> number)
            throws IOException {
        StringWriter repaired = new StringWriter(text.length());
        try (JsonParser in = json.createParser(text);
                JsonGenerator out = json.createGenerator(repaired)) {
            for (JsonToken token = in.nextToken(); token != null; token = in.nextToken()) {
                switch (token) {
                    case FIELD_NAME -> out.writeFieldName(word.apply(in.currentName()));
                    case VALUE_STRING -> out.writeString(word.apply(in.getText()));
                    case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
                        String literal = in.getText();
                        if (numberStays.test(literal)) {
                            out.writeNumber(literal);
                        } else {
                            out.writeString(number.apply(literal));
                        }
                    }
                    default -> out.copyCurrentEvent(in);
                }
            }
        }
        return repaired.toString();
    }

    /** One way through a journal: whether it can be stored as it is, and what is kept of it. */
    private final class Scan {

        private final String text;
        /** Only an escape or a surrogate can hide what cannot be stored; most journals have neither. */
        private final boolean suspicious;

        private boolean storable = true;
        private int depth;
        private String member;
        private String memberOfExperiment;
        private String memberOfExtension;
        private final RunMark mark = new RunMark();

        private String status;
        private Boolean deviated;
        private String start;
        private String end;
        private Double duration;
        private String title;

        Scan(String text) {
            this.text = text;
            this.suspicious = text.contains("\\u") || text.chars().anyMatch(c -> Character.isSurrogate((char) c));
        }

        void run() throws IOException {
            try (JsonParser in = json.createParser(text)) {
                if (in.nextToken() != JsonToken.START_OBJECT) {
                    throw ProblemException.invalid(
                            Fault.of("dict_type", List.of("body", "result"), "A journal is an object"));
                }
                depth = 1;
                while (depth > 0) {
                    take(in, in.nextToken());
                }
                if (in.nextToken() != null) {
                    throw ProblemException.invalid(Fault.of(
                            "json_invalid", List.of("body", "result"), "Invalid JSON: something follows the journal"));
                }
            }
        }

        private void take(JsonParser in, JsonToken token) throws IOException {
            switch (token) {
                case START_OBJECT, START_ARRAY -> {
                    depth++;
                    if (isInExtra()) {
                        mark.begin();
                    }
                }
                case END_OBJECT, END_ARRAY -> {
                    if (isInExtra()) {
                        mark.end();
                    }
                    depth--;
                }
                case FIELD_NAME -> takeName(in.currentName());
                case VALUE_STRING -> takeText(in);
                case VALUE_NUMBER_FLOAT, VALUE_NUMBER_INT -> takeNumber(in, token);
                case VALUE_TRUE, VALUE_FALSE -> {
                    if (depth == 1 && "deviated".equals(member)) {
                        deviated = token == JsonToken.VALUE_TRUE;
                    }
                }
                default -> {}
            }
        }

        private void takeName(String name) {
            if (depth == 1) {
                member = name;
            } else if (depth == 2) {
                memberOfExperiment = name;
            } else if (depth == 4) {
                memberOfExtension = name;
            } else if (isInExtra()) {
                mark.name(name);
            }
            if (suspicious && !PlainText.isStorable(name)) {
                storable = false;
            }
        }

        private void takeText(JsonParser in) throws IOException {
            if (suspicious && !PlainText.isStorable(in.getText())) {
                storable = false;
            }
            if (depth == 1) {
                switch (member) {
                    case "status" -> status = word(in.getText());
                    case "start" -> start = word(in.getText());
                    case "end" -> end = word(in.getText());
                    default -> {}
                }
            } else if (depth == 2 && "experiment".equals(member) && "title".equals(memberOfExperiment)) {
                title = PlainText.repaired(in.getText());
            } else if (isInExtra()) {
                mark.text(word(in.getText()));
            }
        }

        /** Whether it is in one of the things that the client's surroundings add to a journal. */
        private boolean isInExtra() {
            return depth == 6
                    && "extra".equals(memberOfExtension)
                    && "extensions".equals(memberOfExperiment)
                    && "experiment".equals(member);
        }

        private void takeNumber(JsonParser in, JsonToken token) throws IOException {
            boolean fraction = token == JsonToken.VALUE_NUMBER_FLOAT;
            if ((fraction || in.getTextLength() > LONGEST_WORD) && !isStorableNumber(in.getText())) {
                storable = false;
            } else if (depth == 1 && "duration".equals(member)) {
                double seconds = in.getDoubleValue();
                duration = Double.isFinite(seconds) ? seconds : null;
            }
        }

        /** The words of a journal, where they are what they ought to be. */
        private String word(String text) {
            return text.length() > LONGEST_WORD ? null : PlainText.repaired(text);
        }

        Journal journal(String storableText) {
            ObjectNode summary = JsonNodeFactory.instance.objectNode();
            summary.put("status", status);
            summary.put("deviated", deviated);
            summary.put("start", start);
            summary.put("end", end);
            summary.put("duration", duration);
            summary.putObject("experiment").put("title", shortened(title));
            return new Journal(
                    storableText,
                    summary.toString(),
                    Outcome.named(status).orElse(null),
                    deviated,
                    start == null ? null : WireTime.parse(start).orElse(null),
                    mark.runId());
        }

        private static String shortened(String title) {
            // Not in the middle of a surrogate pair.
            return title == null || title.length() <= LONGEST_TITLE
                    ? title
                    : PlainText.repaired(title.substring(0, LONGEST_TITLE));
        }
    }
}
