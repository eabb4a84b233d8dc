package com.reliably.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.Command;
import com.reliably.testing.PythonEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.UniqueElements;

/**
 * Patterns read by us and by croniter, from PyPI. Where the two differ, {@code docs/adr/0009} says why; that it is for
 * that reason is proven by spelling out for us what croniter understands, which then gives its fires.
 */
class CroniterIT {

    private static final String VERSION = "croniter==7.0.0";
    private static final String SEED = "20261123";
    private static final int PATTERNS = 2000;
    private static final int FIRES = 20;
    private static final Instant FROM = Instant.parse("2020-01-01T00:00:00Z");
    private static final double MOST_THAT_DIFFER = 0.1;

    /** A line is a pattern and a second since 1970, with a tab between; it prints the seconds of the next fires. */
    private static final String SCRIPT = """
            import sys
            from datetime import datetime, timezone
            from croniter import croniter

            for line in open(sys.argv[1], encoding="ascii"):
                pattern, after = line.rstrip("\\n").split("\\t")
                start = datetime.fromtimestamp(int(after), timezone.utc)
                fires = croniter(pattern, start, max_years_between_matches=100)
                print(" ".join(str(int(fires.get_next(float))) for _ in range(int(sys.argv[2]))))
            """;

    record Case(String pattern, Instant after) {

        List<Instant> fires() {
            return firesOf(pattern, after);
        }
    }

    @Property(tries = 1, seed = SEED, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void croniterFiresAtTheSameTimesButForWhatIsExplained(
            @ForAll @Size(PATTERNS) @UniqueElements List<@From("cases") Case> cases) throws IOException {
        List<List<Instant>> theirs = askCroniter(cases);
        Map<String, Integer> differences = new TreeMap<>();
        int differing = 0;
        for (int i = 0; i < cases.size(); i++) {
            Case each = cases.get(i);
            if (!each.fires().equals(theirs.get(i))) {
                differing++;
                CroniterReading reading = CroniterReading.of(each.pattern());
                assertEquals(
                        theirs.get(i),
                        firesOf(reading.spelledOut(), each.after()),
                        () -> "'" + each.pattern() + "' after " + each.after() + " is not explained by its reading as '"
                                + reading.spelledOut() + "' by the rules " + reading.rules());
                reading.rules().forEach(rule -> differences.merge(rule.name(), 1, Integer::sum));
            }
        }
        System.out.printf(
                "croniter and we agree on %d of %d patterns (seed %s); they differ by rule: %s%n",
                cases.size() - differing, cases.size(), SEED, differences);
        assertTrue(differing <= MOST_THAT_DIFFER * cases.size(), differing + " differ: " + differences);
    }

    @Provide
    Arbitrary<Case> cases() {
        return Combinators.combine(CronPatterns.any(), Arbitraries.integers().between(0, 16 * 365 * 86_400))
                .as((pattern, seconds) -> new Case(pattern, FROM.plusSeconds(seconds)));
    }

    private static List<List<Instant>> askCroniter(List<Case> cases) throws IOException {
        Path asked = Files.createTempFile("cron-patterns", ".txt");
        Files.writeString(
                asked,
                cases.stream()
                        .map(each -> each.pattern() + "\t" + each.after().getEpochSecond() + "\n")
                        .collect(Collectors.joining()));
        Command.Result answer = PythonEnvironment.of("croniter", VERSION)
                .command("python", "-c", SCRIPT, asked.toString(), Integer.toString(FIRES))
                .run()
                .succeeded();
        Files.delete(asked);
        List<List<Instant>> fires = answer.output()
                .lines()
                .map(line -> Arrays.stream(line.split(" "))
                        .map(second -> Instant.ofEpochSecond(Long.parseLong(second)))
                        .toList())
                .toList();
        assertEquals(cases.size(), fires.size(), answer.output());
        return fires;
    }

    private static List<Instant> firesOf(String pattern, Instant after) {
        try {
            return CronSchedule.parse(pattern, "Etc/UTC").nextFires(after, FIRES);
        } catch (InvalidSchedule e) {
            throw new AssertionError("'" + pattern + "': " + e.getMessage(), e);
        }
    }
}
