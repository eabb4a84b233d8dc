package com.reliably.schedule;

import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The fields of a cron pattern, in their order, and how the text of each is read. */
enum CronField {
    MINUTE("the minute", 0, 59, List.of()),
    HOUR("the hour", 0, 23, List.of()),
    DAY_OF_MONTH("the day of the month", 1, 31, List.of()),
    MONTH(
            "the month",
            1,
            12,
            List.of("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")),
    /** Sunday is 0; that it is also 7 is the reader's affair. */
    DAY_OF_WEEK("the day of the week", 0, 6, List.of("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"));

    private static final int SUNDAY_AGAIN = 7;

    /** {@code *}, a value or a range, each with or without a step. Which values there are is looked at later. */
    private static final Pattern ITEM = Pattern.compile(
            "(?<all>\\*)(/(?<allstep>[0-9]+))?|(?<low>[0-9A-Za-z]+)(-(?<high>[0-9A-Za-z]+))?(/(?<step>[0-9]+))?");

    private static final Pattern EXTENSION = Pattern.compile("[?LWHlwh]|LW|lw|[0-9]+[LWlw]|[0-9A-Za-z]+#[0-9]+");

    private final String title;
    private final int least;
    private final int most;
    private final List<String> names;

    CronField(String title, int least, int most, List<String> names) {
        this.title = title;
        this.least = least;
        this.most = most;
        this.names = names;
    }

    /**
     * What the text of a field names.
     *
     * @param values of the field; of the days of the week 0 is Sunday
     * @param free   whether the field says nothing: one of its items is {@code *} or {@code *}{@code /1}
     */
    record Values(BitSet values, boolean free) {

        boolean has(int value) {
            return values.get(value);
        }
    }

    /** An item that cannot be read, by where it begins in the text of the field (from 0). */
    static final class Unreadable extends Exception {

        private final int offset;

        private Unreadable(int offset, String message) {
            super(message, null, false, false);
            this.offset = offset;
        }

        int offset() {
            return offset;
        }
    }

    /**
     * As in "the hour (field 2 of 5, character 3)".
     *
     * @param character in the pattern, from 1
     */
    String place(int character) {
        return title + " (field " + (ordinal() + 1) + " of " + values().length + ", character " + character + ")";
    }

    /** Reads the text of the field: items with commas between them. */
    Values read(String text) throws Unreadable {
        BitSet values = new BitSet(most + 1);
        boolean free = false;
        int offset = 0;
        for (String item : text.split(",", -1)) {
            try {
                free |= add(item, values);
            } catch (IllegalArgumentException e) {
                throw new Unreadable(
                        offset, item.isEmpty() ? "there is a comma without a value in '" + text + "'" : e.getMessage());
            }
            offset += item.length() + 1;
        }
        return new Values(values, free);
    }

    /** Adds what an item names; says whether that is every value, whatever it is. */
    private boolean add(String item, BitSet values) {
        Matcher parts = ITEM.matcher(item);
        // Before the shape: a name such as L would do as a value.
        if (EXTENSION.matcher(item).matches()) {
            throw new IllegalArgumentException(
                    "'" + item + "' is an extension of other schedulers, which five-field cron does not have");
        }
        if (!parts.matches()) {
            throw new IllegalArgumentException(
                    "'" + item + "' is not '*', a value, a range as in 1-5, or one of them with a step as in */15");
        }
        if (parts.group("all") != null) {
            int step = step(item, parts.group("allstep"));
            add(least, most, step, values);
            return step == 1;
        }
        int low = value(item, parts.group("low"));
        int step = step(item, parts.group("step"));
        if (parts.group("high") != null) {
            add(low, high(item, low, parts), step, values);
        } else if (parts.group("step") != null) {
            // "5/20" is "5-59/20". A week begins with its Sunday.
            add(low > most ? least : low, most, step, values);
        } else {
            values.set(low);
        }
        return false;
    }

    private int high(String item, int low, Matcher parts) {
        String text = parts.group("high");
        int high = value(item, text);
        if (high == 0 && this == DAY_OF_WEEK && names.contains(text.toUpperCase(Locale.ROOT))) {
            // A week may end on its Sunday: FRI-SUN. SUN-SUN is one day.
            high = low == 0 ? 0 : SUNDAY_AGAIN;
        }
        if (low > high) {
            String remedy = "'" + item + "' goes past the end: a range goes from the smaller to the larger value";
            throw new IllegalArgumentException(
                    parts.group("step") == null ? remedy + "; write " + unwrapped(low, high) : remedy);
        }
        return high;
    }

    /** "22-6" of the hours is "22-23,0-6". */
    private String unwrapped(int low, int high) {
        return rangeOf(low, Math.max(low, most)) + "," + rangeOf(least, high);
    }

    private static String rangeOf(int low, int high) {
        return low == high ? Integer.toString(low) : low + "-" + high;
    }

    private int value(String item, String text) {
        int name = names.indexOf(text.toUpperCase(Locale.ROOT));
        if (name >= 0) {
            return least + name;
        }
        int value = number(text);
        if (value < least || value > (this == DAY_OF_WEEK ? SUNDAY_AGAIN : most)) {
            String what = text.equals(item) ? "'" + item + "' is" : "'" + text + "' in '" + item + "' is";
            throw new IllegalArgumentException(what + " not a value of this field, which takes " + range());
        }
        return value;
    }

    private int step(String item, String text) {
        int step = text == null ? 1 : number(text);
        int longest = this == DAY_OF_WEEK ? SUNDAY_AGAIN : most;
        if (step < 1 || step > longest) {
            throw new IllegalArgumentException(
                    "the step of '" + item + "' is not possible: steps of this field go from 1 to " + longest);
        }
        return step;
    }

    /** -1 where it is none, or longer than any that there could be. */
    private static int number(String text) {
        return text.matches("0*[0-9]{1,4}") ? Integer.parseInt(text) : -1;
    }

    private static void add(int low, int high, int step, BitSet values) {
        for (int value = low; value <= high; value += step) {
            values.set(value);
        }
    }

    private String range() {
        return switch (this) {
            case MONTH -> "1-12 or JAN-DEC";
            case DAY_OF_WEEK -> "0-7 or SUN-SAT, where 0 and 7 are Sunday";
            default -> least + "-" + most;
        };
    }
}
