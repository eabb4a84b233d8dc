package com.reliably.web;

/**
 * Which numbers are stored. A jsonb number is a PostgreSQL numeric, which has bounds, and which is shown with all of
 * its digits: {@code 1e100000} would become a hundred thousand of them. What a double or a long integer holds is fine.
 */
public final class StorableNumber {

    private static final int MAX_LENGTH = 1000;
    private static final int MAX_EXPONENT = 400;

    private StorableNumber() {}

    /** Whether a number, written as JSON writes it, can be stored. */
    public static boolean isStorable(String literal) {
        if (literal.length() > MAX_LENGTH) {
            return false;
        }
        int e = Math.max(literal.indexOf('e'), literal.indexOf('E'));
        if (e < 0) {
            return true;
        }
        int digits = e + 1;
        if (digits < literal.length() && (literal.charAt(digits) == '+' || literal.charAt(digits) == '-')) {
            digits++;
        }
        while (digits < literal.length() - 1 && literal.charAt(digits) == '0') {
            digits++;
        }
        // Three digits at most, so that parsing cannot overflow.
        return literal.length() - digits <= 3
                && Integer.parseInt(literal, digits, literal.length(), 10) <= MAX_EXPONENT;
    }
}
