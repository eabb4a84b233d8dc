package com.reliably.deployment;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Amounts of memory as Docker's own command line has them: {@code 512m}, {@code 1g}, {@code 134217728}. */
final class MemorySize {

    private static final Pattern SIZE = Pattern.compile("([1-9][0-9]{0,14})([bkmg]?)b?");
    private static final String UNITS = "bkmg";
    /** What an engine needs to start anything. */
    private static final long LEAST = 6L << 20;

    private static final long MOST = 1L << 44;

    private MemorySize() {}

    /** What is wrong with the amount; empty where nothing is. */
    static Optional<String> fault(String text) {
        if (!SIZE.matcher(text.toLowerCase(Locale.ROOT)).matches()) {
            return Optional.of("Memory is a number of bytes, or one with 'k', 'm' or 'g', as in '512m'");
        }
        long bytes = bytes(text);
        return bytes < LEAST || bytes > MOST ? Optional.of("A container has 6m to 16384g of memory") : Optional.empty();
    }

    /** The bytes of an amount that has no fault. */
    static long bytes(String text) {
        Matcher size = SIZE.matcher(text.toLowerCase(Locale.ROOT));
        if (!size.matches()) {
            throw new IllegalArgumentException("not an amount of memory: " + text);
        }
        int unit = Math.max(
                0, UNITS.indexOf(size.group(2).isEmpty() ? 'b' : size.group(2).charAt(0)));
        long number = Long.parseLong(size.group(1));
        // Larger than anything that exists; the shift below must not wrap around.
        return number > MOST
                ? Long.MAX_VALUE
                : number > Long.MAX_VALUE >> (10 * unit) ? Long.MAX_VALUE : number << (10 * unit);
    }
}
