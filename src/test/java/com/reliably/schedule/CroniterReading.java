package com.reliably.schedule;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * What croniter understands by a pattern where it does not understand what we do, spelled out such that only one reading
 * is left. The rules are those that {@code docs/adr/0009} lists.
 *
 * @param spelledOut a pattern that means to us what the given one means to croniter
 * @param rules      those that changed something
 */
record CroniterReading(String spelledOut, Set<Rule> rules) {

    private static final List<String> MONTHS =
            List.of("", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC");
    private static final List<String> WEEKDAYS = List.of("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT");
    private static final int DAY = 2;
    private static final int WEEKDAY = 4;
    private static final int[] LEAST = {0, 0, 1, 1, 0};
    private static final int[] MOST = {59, 23, 31, 12, 6};

    /** How croniter differs. */
    enum Rule {
        /** A range from a value to itself, {@code 5-5}, is the whole field. */
        EQUAL_RANGE_IS_EVERYTHING,
        /** A day field that names each day says nothing if the other has a {@code *} somewhere, else it says something. */
        EVERY_DAY_DEPENDS_ON_THE_OTHER_FIELD
    }

    static CroniterReading of(String pattern) {
        Set<Rule> rules = EnumSet.noneOf(Rule.class);
        String[] fields = pattern.split(" ");
        String[] spelledOut = new String[fields.length];
        for (int field = 0; field < fields.length; field++) {
            List<String> items = new ArrayList<>();
            for (String item : fields[field].split(",")) {
                items.add(item(item, field, rules));
            }
            spelledOut[field] = String.join(",", items);
        }
        String day = day(spelledOut[DAY], DAY, fields[WEEKDAY], rules);
        spelledOut[WEEKDAY] = day(spelledOut[WEEKDAY], WEEKDAY, fields[DAY], rules);
        spelledOut[DAY] = day;
        return new CroniterReading(String.join(" ", spelledOut), rules);
    }

    private static String item(String item, int field, Set<Rule> rules) {
        String[] rangeAndStep = item.split("/");
        String[] ends = rangeAndStep[0].split("-");
        if (ends.length < 2 || value(ends[0], field) != value(ends[1], field)) {
            return item;
        }
        rules.add(Rule.EQUAL_RANGE_IS_EVERYTHING);
        String everything = LEAST[field] + "-" + MOST[field];
        return rangeAndStep.length == 1 ? everything : everything + "/" + rangeAndStep[1];
    }

    private static String day(String field, int index, String other, Set<Rule> rules) {
        List<String> items = List.of(field.split(","));
        if (items.contains("*") || !namesEveryDay(field, index)) {
            return field;
        }
        boolean free = other.contains("*");
        if (free != items.contains("*/1")) {
            rules.add(Rule.EVERY_DAY_DEPENDS_ON_THE_OTHER_FIELD);
        }
        return free ? "*" : LEAST[index] + "-" + MOST[index];
    }

    private static boolean namesEveryDay(String field, int index) {
        Set<Integer> named = new TreeSet<>();
        for (String item : field.split(",")) {
            String[] rangeAndStep =
                    item.replace("*", LEAST[index] + "-" + MOST[index]).split("/");
            String[] ends = rangeAndStep[0].split("-");
            int low = value(ends[0], index);
            int high = ends.length == 2 ? value(ends[1], index) : rangeAndStep.length == 2 ? MOST[index] : low;
            for (int v = low; v <= high; v += rangeAndStep.length == 1 ? 1 : Integer.parseInt(rangeAndStep[1])) {
                named.add(index == WEEKDAY ? v % 7 : v);
            }
        }
        return named.size() == (index == WEEKDAY ? 7 : 31);
    }

    private static int value(String text, int field) {
        int name = (field == WEEKDAY ? WEEKDAYS : MONTHS).indexOf(text.toUpperCase(Locale.ROOT));
        return name >= 0 ? name : Integer.parseInt(text);
    }
}
