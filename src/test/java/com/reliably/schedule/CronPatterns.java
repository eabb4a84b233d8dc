package com.reliably.schedule;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** Random cron patterns: values, names, ranges, steps, lists and nicknames, of which most fire within days. */
final class CronPatterns {

    private static final List<String> MONTHS =
            List.of("JAN", "feb", "Mar", "APR", "may", "JUN", "jul", "AUG", "Sep", "OCT", "nov", "DEC");
    private static final List<String> WEEKDAYS = List.of("SUN", "mon", "TUE", "Wed", "THU", "fri", "SAT");

    private CronPatterns() {}

    static Arbitrary<String> any() {
        return of(field(2, 0, 59, List.of()), field(2, 0, 23, List.of()));
    }

    /** Of hours at which clocks are put forward or back. */
    static Arbitrary<String> atNight() {
        return of(field(2, 0, 59, List.of()), field(1, 0, 4, List.of()));
    }

    private static Arbitrary<String> of(Arbitrary<String> minutes, Arbitrary<String> hours) {
        Arbitrary<String> fields = Combinators.combine(
                        minutes, hours, field(4, 1, 31, List.of()), field(8, 1, 12, MONTHS), field(4, 0, 7, WEEKDAYS))
                .as((minute, hour, day, month, weekday) -> String.join(" ", minute, hour, day, month, weekday))
                .filter(CronPatterns::isOfThisWorld);
        return Arbitraries.frequencyOf(
                Tuple.of(30, fields),
                Tuple.of(
                        1,
                        Arbitraries.of(
                                "@hourly", "@daily", "@Weekly", "@monthly", "@midnight", "@YEARLY", "@annually")));
    }

    /** Whether some year has a day that it names. */
    static boolean isOfThisWorld(String pattern) {
        String[] fields = pattern.split(" ");
        CronOracle daily = new CronOracle("* * " + fields[2] + " " + fields[3] + " " + fields[4]);
        return java.time.LocalDate.of(2024, 1, 1)
                .datesUntil(java.time.LocalDate.of(2025, 1, 1))
                .anyMatch(day -> daily.isIn(day.atStartOfDay()));
    }

    private static Arbitrary<String> field(int free, int least, int most, List<String> names) {
        Arbitrary<String> items =
                item(least, most, names).list().ofMinSize(1).ofMaxSize(3).map(list -> String.join(",", list));
        return Arbitraries.frequencyOf(Tuple.of(free, Arbitraries.just("*")), Tuple.of(4, items));
    }

    private static Arbitrary<String> item(int least, int most, List<String> names) {
        Arbitrary<Integer> value = Arbitraries.integers().between(least, most);
        Arbitrary<Integer> step = Arbitraries.integers().between(1, most);
        Arbitrary<String> range = Combinators.combine(value, value)
                .as((a, b) -> name(Math.min(a, b), least, names) + "-" + name(Math.max(a, b), least, names));
        Arbitrary<String> stepped = Combinators.combine(
                        Arbitraries.frequencyOf(
                                Tuple.of(2, Arbitraries.just("*")),
                                Tuple.of(2, range),
                                Tuple.of(1, value.map(v -> name(v, least, names)))),
                        step)
                .as((of, by) -> of + "/" + by);
        return Arbitraries.frequencyOf(
                Tuple.of(4, value.map(v -> name(v, least, names))), Tuple.of(2, range), Tuple.of(2, stepped));
    }

    /** The name of every other value that has one. */
    private static String name(int value, int least, List<String> names) {
        int index = value - least;
        return index < names.size() && value % 2 == 1 ? names.get(index) : Integer.toString(value);
    }
}
