package com.reliably.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.runner.RunnerEvent.Output;
import com.reliably.secret.Mask;
import com.reliably.secret.SecretMask;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Secrets in output that comes in pieces. */
class MaskedOutputTest {

    private static final SecretMask MASK = SecretMask.of(List.of("hunter2-and-more", "two\nlines here"));
    private static final String TOKEN = "rly_" + "x".repeat(43);

    private final MaskedOutput output = new MaskedOutput();

    @Test
    void aPieceWithoutTheBeginningOfASecretIsPassedOnAtOnce() {
        assertEquals(List.of(new Output(10, 16, "plain\n")), passed(new Output(10, 16, "plain\n")));
    }

    @Test
    void aSecretInTwoPiecesIsMaskedOnceAndThePositionsAreThoseOfBoth() {
        assertEquals(List.of(), passed(new Output(0, 10, "a hunter2-")));
        assertEquals(List.of(new Output(0, 21, "a " + Mask.MASK + " b\n")), passed(new Output(10, 21, "and-more b\n")));
    }

    @Test
    void whatOnlyLookedLikeASecretIsPassedOnInTheEnd() {
        assertEquals(List.of(), passed(new Output(0, 10, "a hunter2-")));
        assertEquals(Optional.of(new Output(0, 10, "a hunter2-")), output.rest(MASK));
        assertEquals(Optional.empty(), output.rest(MASK));
    }

    @Test
    void whatIsReadAgainTakesThePlaceOfWhatWasHeldBack() {
        passed(new Output(0, 10, "a hunter2-"));
        assertEquals(
                List.of(new Output(0, 23, "a " + Mask.MASK + " ...\n")),
                passed(new Output(0, 23, "a hunter2-and-more ...\n")));
    }

    @Test
    void aTokenInTwoPiecesIsMaskedOfPlansWithoutSecretsToo() {
        MaskedOutput ofPlan = new MaskedOutput();
        assertEquals(Optional.empty(), ofPlan.take(new Output(0, 9, TOKEN.substring(0, 9)), SecretMask.OF_TOKENS));
        assertEquals(
                Optional.of(new Output(0, 48, Mask.MASK + "\n")),
                ofPlan.take(new Output(9, 48, TOKEN.substring(9) + "\n"), SecretMask.OF_TOKENS));
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void piecesMakeWhatTheWholeMakes(
            @ForAll("outputs") String text, @ForAll @Size(max = 12) List<@IntRange(min = 0, max = 120) Integer> cuts) {
        List<Output> passed = new ArrayList<>();
        MaskedOutput pieces = new MaskedOutput();
        List<Integer> ends = new ArrayList<>(cuts.stream()
                .filter(cut -> cut > 0 && cut < text.length())
                .sorted()
                .distinct()
                .toList());
        ends.add(text.length());
        int from = 0;
        for (int to : ends) {
            pieces.take(new Output(bytes(text, from), bytes(text, to), text.substring(from, to)), MASK)
                    .ifPresent(passed::add);
            from = to;
        }
        pieces.rest(MASK).ifPresent(passed::add);

        StringBuilder all = new StringBuilder();
        long at = 0;
        for (Output one : passed) {
            assertEquals(at, one.firstByte());
            assertTrue(one.nextByte() > at || text.isEmpty());
            at = one.nextByte();
            all.append(one.text());
        }
        assertEquals(bytes(text, text.length()), at);
        assertFalse(all.toString().contains("hunter2-and-more"));
        assertEquals(MASK.mask(text), all.toString());
    }

    @Property(tries = 20, edgeCases = EdgeCasesMode.NONE)
    void whatIsHeldBackIsNoLongerThanTheLongestSecret(@ForAll @IntRange(min = 1, max = 40) int size) {
        SecretMask repeating = SecretMask.of(List.of("a".repeat(50)));
        MaskedOutput pieces = new MaskedOutput();
        long passed = 0;
        for (int i = 1; i <= 200; i++) {
            long begin = (long) (i - 1) * size;
            passed = pieces.take(new Output(begin, begin + size, "a".repeat(size)), repeating)
                    .map(Output::nextByte)
                    .orElse(passed);
            assertTrue(begin + size - passed < 50 + size);
        }
    }

    private List<Output> passed(Output piece) {
        return output.take(piece, MASK).map(List::of).orElse(List.of());
    }

    private static long bytes(String text, int end) {
        return text.substring(0, end).getBytes(StandardCharsets.UTF_8).length;
    }

    @Provide
    Arbitrary<String> outputs() {
        return Arbitraries.of(
                        "hunter2",
                        "-and-more",
                        "hunter2-and-more",
                        "two\n",
                        "lines here",
                        "\n",
                        "x",
                        TOKEN,
                        "\u00e9 ",
                        "aHVudGVyMi1hbmQtbW9yZQ==",
                        "h")
                .list()
                .ofMinSize(1)
                .ofMaxSize(10)
                .map(parts -> String.join("", parts));
    }
}
