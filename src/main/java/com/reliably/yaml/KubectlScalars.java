package com.reliably.yaml;

import java.math.BigInteger;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Scalars as kubectl reads them: by go.yaml.in/yaml v2 (its file {@code resolve.go}), which reads base 60 as text, has the
 * octals of YAML 1.1 and of 1.2, and leaves dates the text they were written as.
 */
final class KubectlScalars {

    private static final Set<String> TRUE =
            Set.of("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON");
    private static final Set<String> FALSE =
            Set.of("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF");
    private static final Set<String> NULL = Set.of("", "~", "null", "Null", "NULL");
    private static final Set<String> NOT_FINITE = Set.of(
            ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF");
    private static final Pattern FLOAT = Pattern.compile("[-+]?(?:\\.[0-9]+|[0-9]+(?:\\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?");
    private static final Pattern AFTER_POINT = Pattern.compile("\\.[0-9]+(?:[eE][-+]?[0-9]+)?");
    private static final BigInteger LEAST = BigInteger.valueOf(Long.MIN_VALUE);
    private static final BigInteger MOST = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

    private KubectlScalars() {}

    /**
     * Value of a plain scalar without a tag: String, Boolean, BigInteger, Double or null.
     *
     * @throws IllegalArgumentException for what JSON does not have; the message completes "a value that …"
     */
    static Object value(String text) {
        if (NULL.contains(text)) {
            return null;
        } else if (TRUE.contains(text)) {
            return true;
        } else if (FALSE.contains(text)) {
            return false;
        } else if (NOT_FINITE.contains(text)) {
            throw new IllegalArgumentException("is no number that JSON has; put it in quotes");
        }
        char first = text.charAt(0);
        if (first == '.') {
            return AFTER_POINT.matcher(text).matches() ? real(text) : text;
        }
        return first == '-' || first == '+' || (first >= '0' && first <= '9') ? number(text) : text;
    }

    /** Value of a scalar with one of YAML's tags. */
    static Object tagged(String type, String text) {
        if (type.equals("str")) {
            return text;
        }
        Object value = value(text);
        boolean fits =
                switch (type) {
                    case "null" -> value == null;
                    case "bool" -> value instanceof Boolean;
                    case "int" -> value instanceof BigInteger;
                    case "float" -> value instanceof Number;
                    default -> false;
                };
        if (!fits) {
            throw new IllegalArgumentException("is not of the type that its tag says");
        }
        return type.equals("float") ? Double.valueOf(((Number) value).doubleValue()) : value;
    }

    private static Object number(String text) {
        String plain = text.replace("_", "");
        BigInteger whole = whole(plain);
        if (whole != null) {
            return whole;
        }
        return FLOAT.matcher(plain).matches() ? real(plain) : text;
    }

    /** As Go's {@code strconv.ParseInt} and {@code ParseUint} of base 0 read it; null where they do not. */
    private static BigInteger whole(String plain) {
        boolean signed = plain.startsWith("-") || plain.startsWith("+");
        String digits = (signed ? plain.substring(1) : plain).toLowerCase(Locale.ROOT);
        int radix = 10;
        int prefix = 0;
        if (digits.startsWith("0x")) {
            radix = 16;
            prefix = 2;
        } else if (digits.startsWith("0b")) {
            radix = 2;
            prefix = 2;
        } else if (digits.startsWith("0o")) {
            radix = 8;
            prefix = 2;
        } else if (digits.startsWith("0") && digits.length() > 1) {
            radix = 8;
            prefix = 1;
        }
        String figures = digits.substring(prefix);
        // No 64 bits have more figures, in any base.
        if (figures.isEmpty() || figures.length() > 64 + 1 || figures.startsWith("-") || figures.startsWith("+")) {
            return null;
        }
        try {
            BigInteger value = new BigInteger(plain.startsWith("-") ? "-" + figures : figures, radix);
            boolean fits =
                    value.compareTo(LEAST) >= 0 && (signed ? value.bitLength() <= 63 : value.compareTo(MOST) <= 0);
            return fits ? value : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static Object real(String text) {
        double value = Double.parseDouble(text);
        // Go reports the overflow, and the text stays.
        return Double.isInfinite(value) ? text : (Object) value;
    }
}
