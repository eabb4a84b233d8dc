package com.reliably.yaml;

import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Scalars as PyYAML 6 resolves and constructs them (its modules {@code resolver} and {@code constructor}). Dates and
 * moments become their ISO text, as the Chaos Toolkit writes them into JSON.
 */
final class PyYamlScalars {

    private static final Pattern BOOL =
            Pattern.compile("yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF");
    private static final Pattern NULL = Pattern.compile("~|null|Null|NULL|");
    private static final Pattern INT = Pattern.compile("[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)"
            + "|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+");
    private static final Pattern FLOAT = Pattern.compile("[-+]?[0-9][0-9_]*\\.[0-9_]*(?:[eE][-+][0-9]+)?"
            + "|\\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\\.[0-9_]*"
            + "|[-+]?\\.(?:inf|Inf|INF)|\\.(?:nan|NaN|NAN)");
    private static final Pattern TIMESTAMP = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}"
            + "|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \\t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(?:\\.[0-9]*)?"
            + "(?:[ \\t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?");
    private static final Pattern MOMENT = Pattern.compile("(?<year>[0-9]{4})-(?<month>[0-9][0-9]?)-(?<day>[0-9][0-9]?)"
            + "(?:(?:[Tt]|[ \\t]+)(?<hour>[0-9][0-9]?):(?<minute>[0-9]{2}):(?<second>[0-9]{2})(?:\\.(?<fraction>[0-9]*))?"
            + "(?:[ \\t]*(?<zone>Z|(?<sign>[-+])(?<zoneHour>[0-9][0-9]?)(?::(?<zoneMinute>[0-9]{2}))?))?)?");
    /** Longest number. Python reads 4,300 digits at most; patterns of repeated groups are not for texts of any length. */
    private static final int LONGEST_NUMBER = 1000;

    private static final Pattern LONG_NUMBER =
            Pattern.compile("[-+]?[0-9_:.]+(?:[eE][-+][0-9]+)?|[-+]?0[xb][0-9a-fA-F_]+");

    private static final String TOO_LONG = "is a number of more than " + LONGEST_NUMBER + " digits; put it in quotes";

    private PyYamlScalars() {}

    /**
     * Value of a plain scalar without a tag: String, Boolean, BigInteger, Double or null.
     *
     * @throws IllegalArgumentException where PyYAML has none; the message completes "a value that …"
     */
    static Object value(String text) {
        char first = text.isEmpty() ? '~' : text.charAt(0);
        if ("yYnNtTfFoO".indexOf(first) >= 0 && BOOL.matcher(text).matches()) {
            return tagged("bool", text);
        } else if ("~nN".indexOf(first) >= 0 && NULL.matcher(text).matches()) {
            return null;
        } else if ("-+.0123456789".indexOf(first) < 0) {
            if (text.equals("=") || text.equals("<<")) {
                throw new IllegalArgumentException("PyYAML cannot read; put it in quotes");
            }
            return text;
        } else if (text.length() > LONGEST_NUMBER) {
            if (LONG_NUMBER.matcher(text).matches()) {
                throw new IllegalArgumentException(TOO_LONG);
            }
            return text;
        } else if (FLOAT.matcher(text).matches()) {
            return tagged("float", text);
        } else if (INT.matcher(text).matches()) {
            return tagged("int", text);
        } else if (TIMESTAMP.matcher(text).matches()) {
            return tagged("timestamp", text);
        }
        return text;
    }

    /** Value of a scalar with one of YAML's tags. */
    static Object tagged(String type, String text) {
        if (text.length() > LONGEST_NUMBER && !type.equals("str")) {
            throw new IllegalArgumentException(TOO_LONG);
        }
        try {
            return switch (type) {
                case "str" -> text;
                case "null" -> null;
                case "bool" -> truth(text);
                case "int" -> whole(text.replace("_", ""));
                case "float" -> real(text.replace("_", "").toLowerCase(Locale.ROOT));
                case "timestamp" -> moment(text);
                default -> throw new IllegalArgumentException("has a tag for which JSON has no type");
            };
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("looks like a number and is none; put it in quotes");
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("looks like a date and is none; put it in quotes");
        }
    }

    private static Boolean truth(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "yes", "true", "on" -> true;
            case "no", "false", "off" -> false;
            default -> throw new IllegalArgumentException("is neither true nor false");
        };
    }

    private static BigInteger whole(String text) {
        boolean negative = text.startsWith("-");
        String digits = negative || text.startsWith("+") ? text.substring(1) : text;
        BigInteger value;
        if (digits.startsWith("0b")) {
            value = unsigned(digits.substring(2), 2);
        } else if (digits.startsWith("0x")) {
            value = unsigned(digits.substring(2), 16);
        } else if (digits.startsWith("0")) {
            value = unsigned(digits, 8);
        } else if (digits.indexOf(':') >= 0) {
            value = BigInteger.ZERO;
            for (String part : digits.split(":", -1)) {
                value = value.multiply(BigInteger.valueOf(60)).add(unsigned(part, 10));
            }
        } else {
            value = unsigned(digits, 10);
        }
        return negative ? value.negate() : value;
    }

    private static BigInteger unsigned(String digits, int radix) {
        if (digits.startsWith("-") || digits.startsWith("+")) {
            throw new NumberFormatException();
        }
        return new BigInteger(digits, radix);
    }

    private static Double real(String text) {
        boolean negative = text.startsWith("-");
        String digits = negative || text.startsWith("+") ? text.substring(1) : text;
        double value;
        if (digits.equals(".inf") || digits.equals(".nan")) {
            throw new IllegalArgumentException("is no number that JSON has; put it in quotes");
        } else if (digits.indexOf(':') >= 0) {
            // Summed up as PyYAML does, from the last part on: floating point keeps the order's difference.
            String[] parts = digits.split(":", -1);
            double base = 1;
            value = 0;
            for (int i = parts.length - 1; i >= 0; i--) {
                value += number(parts[i]) * base;
                base *= 60;
            }
        } else {
            value = number(digits);
        }
        if (Double.isInfinite(value)) {
            throw new IllegalArgumentException("is too large a number; put it in quotes");
        }
        return negative ? -value : value;
    }

    private static double number(String digits) {
        // Java takes a suffix, hexadecimals and names, which Python's float() does not take.
        if (!digits.matches("[0-9]*\\.?[0-9]*(?:e[-+]?[0-9]+)?")) {
            throw new NumberFormatException();
        }
        return Double.parseDouble(digits);
    }

    private static String moment(String text) {
        Matcher parts = MOMENT.matcher(text);
        if (!parts.matches()) {
            throw new DateTimeException("no date");
        }
        LocalDate date = LocalDate.of(number(parts, "year"), number(parts, "month"), number(parts, "day"));
        if (date.getYear() == 0) {
            // The calendar of Python begins with year 1.
            throw new DateTimeException("no year");
        }
        if (parts.group("hour") == null) {
            return date.toString();
        }
        String fraction = parts.group("fraction") == null ? "" : parts.group("fraction");
        int micros = Integer.parseInt((fraction + "000000").substring(0, 6));
        LocalDateTime time =
                date.atTime(number(parts, "hour"), number(parts, "minute"), number(parts, "second"), micros * 1000);
        String iso = DateTimeFormatter.ofPattern(micros == 0 ? "uuuu-MM-dd'T'HH:mm:ss" : "uuuu-MM-dd'T'HH:mm:ss.SSSSSS")
                .format(time);
        return parts.group("zone") == null ? iso : iso + offset(parts);
    }

    private static String offset(Matcher parts) {
        if (parts.group("sign") == null) {
            return "+00:00";
        }
        int minutes =
                60 * number(parts, "zoneHour") + (parts.group("zoneMinute") == null ? 0 : number(parts, "zoneMinute"));
        if (minutes >= 24 * 60) {
            throw new DateTimeException("no offset");
        }
        String sign = minutes > 0 ? parts.group("sign") : "+";
        return String.format(Locale.ROOT, "%s%02d:%02d", sign, minutes / 60, minutes % 60);
    }

    private static int number(Matcher parts, String name) {
        return Integer.parseInt(parts.group(name));
    }
}
