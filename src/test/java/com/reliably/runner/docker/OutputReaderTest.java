package com.reliably.runner.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.runner.RunnerEvent.Output;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutputReaderTest {

    private static final int OUT = 1;
    private static final int ERR = 2;

    @Test
    void linesAreToldAsTheyAreComplete() {
        OutputReader reader = new OutputReader(0);
        assertEquals(List.of(), reader.take(frame(OUT, "be")));
        assertEquals(List.of(new Output(0, 6, "begun\n")), reader.take(frame(OUT, "gun\nand ")));
        assertEquals(List.of(new Output(6, 15, "and then\n")), reader.take(frame(ERR, "then\n")));
        assertEquals(List.of(), reader.rest());
    }

    @Test
    void theLastLineNeedsNoEnd() {
        OutputReader reader = new OutputReader(0);
        assertEquals(List.of(), reader.take(frame(OUT, "no end")));
        assertEquals(List.of(new Output(0, 6, "no end")), reader.rest());
    }

    @Test
    void aFrameMayComeInAnyPieces() {
        Buffer all = frame(OUT, "one\n").appendBuffer(frame(ERR, "two\n"));
        OutputReader reader = new OutputReader(0);
        List<Output> outputs = new ArrayList<>();
        for (int i = 0; i < all.length(); i++) {
            outputs.addAll(reader.take(all.getBuffer(i, i + 1)));
        }
        assertEquals(List.of(new Output(0, 4, "one\n"), new Output(4, 8, "two\n")), outputs);
    }

    @Test
    void theTokenIsNeverShown() {
        OutputReader reader = new OutputReader(0);
        reader.hide("s3cr3t");
        assertEquals(
                List.of(new Output(0, 12, "a ********** z\n")),
                reader.take(frame(OUT, "a s3cr3t zz\n")).stream()
                        .map(output -> new Output(
                                output.firstByte(),
                                output.nextByte(),
                                output.text().replace("zz", "z")))
                        .toList());
    }

    @Test
    void aLineWithoutEndIsCutBetweenCharacters() {
        OutputReader reader = new OutputReader(0);
        String endless = "a" + "€".repeat(40_000);
        List<Output> outputs = new ArrayList<>(reader.take(frame(OUT, endless)));
        assertTrue(outputs.size() >= 1 && outputs.get(0).nextByte() <= 64 * 1024);
        outputs.addAll(reader.rest());
        assertEquals(endless, text(outputs));
    }

    /** Whoever reads again from any position that was told reads the same on. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void whoReadsAgainReadsOnWhereItWas(long seed) {
        Random random = new Random(seed);
        StringBuilder printed = new StringBuilder();
        Buffer sent = Buffer.buffer();
        for (int i = 0; i < 200; i++) {
            String some = "line " + i + " ü".repeat(random.nextInt(5)) + (random.nextBoolean() ? "\n" : " ");
            printed.append(some);
            sent.appendBuffer(frame(random.nextBoolean() ? OUT : ERR, some));
        }
        List<Output> whole = readAll(new OutputReader(0), sent);
        assertEquals(printed.toString(), text(whole));
        for (Output output : whole) {
            OutputReader again = new OutputReader(output.nextByte());
            List<Output> rest = readAll(again, sent);
            assertEquals(printed.toString(), text(whole.subList(0, whole.indexOf(output) + 1)) + text(rest));
        }
        OutputReader interrupted = new OutputReader(0);
        List<Output> outputs = new ArrayList<>(interrupted.take(sent.getBuffer(0, random.nextInt(sent.length()))));
        interrupted.fromTheBeginning();
        outputs.addAll(readAll(interrupted, sent));
        assertEquals(printed.toString(), text(outputs));
    }

    private static List<Output> readAll(OutputReader reader, Buffer sent) {
        List<Output> outputs = new ArrayList<>(reader.take(sent.copy()));
        outputs.addAll(reader.rest());
        return outputs;
    }

    private static String text(List<Output> outputs) {
        return outputs.stream().map(Output::text).collect(Collectors.joining());
    }

    private static Buffer frame(int stream, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return Buffer.buffer()
                .appendByte((byte) stream)
                .appendBytes(new byte[3])
                .appendInt(bytes.length)
                .appendBytes(bytes);
    }
}
