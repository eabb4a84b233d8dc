package com.reliably.schedule;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The fields of a cron pattern, in their order, and the shape that the text of each must have. */
enum CronField {
    MINUTE("the minute", "0-59"),
    HOUR("the hour", "0-23"),
    DAY_OF_MONTH("the day of the month", "1-31"),
    MONTH("the month", "1-12 or JAN-DEC"),
    DAY_OF_WEEK("the day of the week", "0-7 or SUN-SAT, where 0 and 7 are Sunday");

    /** {@code *}, a value or a range, each with or without a step. Values are judged by the parser. */
    private static final Pattern ITEM = Pattern.compile("(\\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(/[0-9]+)?");

    private static final Pattern EXTENSION = Pattern.compile("[?LWlw]|LW|lw|[0-9]+[LWlw]|[0-9A-Za-z]+#[0-9]+");

    private final String title;
    private final String range;

    CronField(String title, String range) {
        this.title = title;
        this.range = range;
    }

    /** As in "the hour (field 2 of 5)". */
    String place() {
        return title + " (field " + (ordinal() + 1) + " of " + values().length + ")";
    }

    /** Which values it takes. */
    String range() {
        return range;
    }

    /** A pattern that is free in every other field, to find the field that a parser refuses. */
    String alone(String text) {
        StringBuilder pattern = new StringBuilder();
        for (CronField field : values()) {
            pattern.append(pattern.isEmpty() ? "" : " ").append(field == this ? text : "*");
        }
        return pattern.toString();
    }

    /** What is wrong with the shape of this field's text; values are not looked at. */
    Optional<String> fault(String text) {
        for (String item : List.of(text.split(",", -1))) {
            if (item.isEmpty()) {
                return Optional.of("there is a comma without a value in '" + text + "'");
            }
            if (EXTENSION.matcher(item).matches()) {
                return Optional.of(
                        "'" + item + "' is an extension of other schedulers, which five-field cron does not have");
            }
            if (!ITEM.matcher(item).matches()) {
                return Optional.of(
                        "'" + item + "' is not '*', a value, a range as in 1-5, or one of them with a step as in */15");
            }
        }
        return Optional.empty();
    }
}
