package com.reliably.runner.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.runner.RunnerEvent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class LogLinesTest {

    private static final String FIRST = "2026-11-25T18:00:00.000000001Z first\n";
    private static final String SECOND = "2026-11-25T18:00:00.000000002Z second\n";
    private static final String THIRD = "2026-11-25T18:00:01.000000003+00:00 third\n";

    private final LogLines lines = new LogLines(0);

    @Test
    void timesAreTakenOffAndBytesCountedWithoutThem() {
        lines.beginReading();
        take(FIRST + SECOND);
        List<RunnerEvent.Output> pieces = lines.drain();
        assertEquals(List.of(new RunnerEvent.Output(0, 13, "first\nsecond\n")), pieces);
        take(THIRD);
        assertEquals(List.of(new RunnerEvent.Output(13, 19, "third\n")), lines.drain());
    }

    @Test
    void whatComesAgainAfterACutIsKnownByItsTime() {
        lines.beginReading();
        take(FIRST + SECOND + "2026-11-25T18:00:01.0000");
        assertEquals("first\nsecond\n", text());
        lines.beginReading();
        take(FIRST + SECOND + THIRD);
        assertEquals("third\n", text());
    }

    @Test
    void linesOfTheSameTimeAreCounted() {
        String same = "2026-11-25T18:00:00.000000001Z ";
        lines.beginReading();
        take(same + "a\n" + same + "b\n");
        assertEquals("a\nb\n", text());
        lines.beginReading();
        take(same + "a\n" + same + "b\n" + same + "c\n" + SECOND);
        assertEquals("c\nsecond\n", text());
    }

    @Test
    void afterARestartReadingGoesOnAtTheByte() {
        LogLines restarted = new LogLines(8);
        restarted.beginReading();
        restarted.take(bytes(FIRST + SECOND));
        assertEquals(List.of(new RunnerEvent.Output(8, 13, "cond\n")), restarted.drain());
    }

    @Test
    void theLastLineNeedsNoEnd() {
        lines.beginReading();
        take(FIRST + SECOND.strip());
        assertEquals("first\n", text());
        lines.endReading();
        assertEquals("second", text());
    }

    @Test
    void everyWayOfCuttingTheStreamGivesTheSameOutput() {
        StringBuilder log = new StringBuilder();
        StringBuilder expected = new StringBuilder();
        Random random = new Random(7);
        for (int i = 0; i < 200; i++) {
            String text = "line " + i + " ä€".repeat(random.nextInt(5));
            log.append("2026-11-25T18:00:00.%09dZ ".formatted(i / 3))
                    .append(text)
                    .append('\n');
            expected.append(text).append('\n');
        }
        byte[] all = log.toString().getBytes(StandardCharsets.UTF_8);
        for (int round = 0; round < 100; round++) {
            LogLines cut = new LogLines(0);
            StringBuilder seen = new StringBuilder();
            long next = 0;
            for (int reading = 0; reading < 4; reading++) {
                int end = reading == 3 ? all.length : random.nextInt(all.length);
                cut.beginReading();
                for (int at = 0; at < end; ) {
                    int length = Math.min(end - at, 1 + random.nextInt(500));
                    cut.take(ByteBuffer.wrap(all, at, length));
                    at += length;
                }
                for (RunnerEvent.Output piece : cut.drain()) {
                    assertEquals(next, piece.firstByte());
                    next = piece.nextByte();
                    seen.append(piece.text());
                }
            }
            assertEquals(expected.toString(), seen.toString());
        }
    }

    @Test
    void endlessLinesAreCut() {
        lines.beginReading();
        take("2026-11-25T18:00:00.000000001Z " + "x".repeat(1_000_000) + "\n" + SECOND);
        List<RunnerEvent.Output> pieces = lines.drain();
        String text = pieces.stream().map(RunnerEvent.Output::text).collect(Collectors.joining());
        assertTrue(text.length() < 300_000);
        assertTrue(text.endsWith("the line is cut here]\nsecond\n"), text.substring(text.length() - 60));
        assertEquals(1_000_008, pieces.get(pieces.size() - 1).nextByte());
    }

    @Test
    void tokensOfTheServerAreMasked() {
        lines.beginReading();
        take("2026-11-25T18:00:00.000000001Z token rly_" + "a".repeat(43) + "!\n");
        String text = text();
        assertFalse(text.contains("rly_"), text);
        assertEquals("token **********!\n", text);
    }

    private void take(String text) {
        lines.take(bytes(text));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private String text() {
        return lines.drain().stream().map(RunnerEvent.Output::text).collect(Collectors.joining());
    }
}
