package com.reliably.web;

import com.reliably.problem.Fault;
import com.reliably.problem.ProblemException;
import java.util.List;

/** Text that can be stored: PostgreSQL has no NUL in text, and UTF-8 has no half surrogate pairs. */
public final class PlainText {

    private static final char REPLACEMENT = '\uFFFD';

    private PlainText() {}

    /** Whether the text can be stored as it is. */
    public static boolean isStorable(String text) {
        return firstFault(text) < 0;
    }

    /**
     * Refuses what cannot be stored.
     *
     * @throws ProblemException 422 naming the position
     */
    public static void check(String text, List<Object> loc) {
        int at = firstFault(text);
        if (at >= 0) {
            throw ProblemException.invalid(Fault.of(
                    "string_unicode",
                    loc,
                    "Text must not contain NUL or half of a surrogate pair (position " + at + ")"));
        }
    }

    /**
     * The text with everything that cannot be stored replaced by U+FFFD, for reports that must not be refused because
     * a command printed a stray byte.
     */
    public static String repaired(String text) {
        int at = firstFault(text);
        if (at < 0) {
            return text;
        }
        StringBuilder repaired = new StringBuilder(text);
        for (int i = at; i < repaired.length(); i++) {
            if (isFault(repaired, i)) {
                repaired.setCharAt(i, REPLACEMENT);
            }
        }
        return repaired.toString();
    }

    private static int firstFault(CharSequence text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c == 0 || Character.isSurrogate(c)) && isFault(text, i)) {
                return i;
            }
        }
        return -1;
    }

    private static boolean isFault(CharSequence text, int i) {
        char c = text.charAt(i);
        if (c == 0) {
            return true;
        }
        if (Character.isHighSurrogate(c)) {
            return i + 1 >= text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
        }
        return Character.isLowSurrogate(c) && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
    }
}
