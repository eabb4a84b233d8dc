package com.reliably.secret;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The forms in which a secret gets into output: as it is, line by line, as JSON and Python write it inside of a string, in
 * base64, and in URLs.
 */
final class SecretForms {

    /** Shorter ones are words of everyday output, and guessed anyway. */
    static final int SHORTEST = 8;

    /** Of one value; what is behind is not looked for. */
    private static final int LONGEST = 64 * 1024;

    /** What the forms of all values may have together: some fifteen megabytes of memory while they are looked for. */
    private static final int MOST_CHARACTERS = 256 * 1024;

    /** Everybody's. */
    private static final Pattern BORDER_OF_PEM = Pattern.compile("-----(BEGIN|END) [A-Z0-9 ]{1,60}-----");

    private final Set<String> forms = new LinkedHashSet<>();
    private int left = MOST_CHARACTERS;

    private SecretForms() {}

    /** All forms of some values; should it be too much, those of short ones, and the plain ones before all others. */
    static Set<String> of(Collection<String> values) {
        Set<String> found = new LinkedHashSet<>();
        for (String value : values) {
            addPieces(value, found);
        }
        List<String> pieces =
                found.stream().sorted(Comparator.comparingInt(String::length)).toList();
        SecretForms all = new SecretForms();
        pieces.forEach(all::add);
        pieces.forEach(all::addEscaped);
        pieces.forEach(all::addBase64);
        pieces.forEach(all::addInUrls);
        return all.forms;
    }

    private static void addPieces(String value, Set<String> pieces) {
        if (value == null || Mask.isMask(value)) {
            return;
        }
        String text = value.strip();
        String whole = text.length() > LONGEST ? text.substring(0, LONGEST) : text;
        if (whole.length() >= SHORTEST) {
            pieces.add(whole);
        }
        if (whole.indexOf('\n') >= 0 || whole.indexOf('\r') >= 0) {
            whole.lines()
                    .map(String::strip)
                    .filter(line -> line.length() >= SHORTEST)
                    .filter(line -> !BORDER_OF_PEM.matcher(line).matches())
                    .forEach(pieces::add);
        }
    }

    private void add(String form) {
        if (form.length() >= SHORTEST && form.length() <= left && forms.add(form)) {
            left -= form.length();
        }
    }

    private void addEscaped(String piece) {
        for (boolean onlyAscii : new boolean[] {true, false}) {
            String escaped = escaped(piece, onlyAscii, false);
            add(escaped);
            // JSON inside of a string of JSON, as commands print it.
            add(escaped(escaped, onlyAscii, false));
            // Who writes for the inside of HTML or of a script.
            add(escaped(piece, onlyAscii, true));
            add(escaped(piece, onlyAscii, true).replace("/", "\\/"));
            add(escaped.replace("/", "\\/"));
            add(upperCaseEscapes(escaped(piece, onlyAscii, true)));
        }
        // Python's repr, of text with one kind of quotes.
        add(piece.replace("\\", "\\\\")
                .replace("\n", "\\n")
                .replace("\r", "\\r")
                .replace("\t", "\\t"));
        add(piece.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n"));
    }

    private static String escaped(String text, boolean onlyAscii, boolean forHtml) {
        StringBuilder escaped = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> escaped.append("\\\"");
                case '\\' -> escaped.append("\\\\");
                case '\n' -> escaped.append("\\n");
                case '\r' -> escaped.append("\\r");
                case '\t' -> escaped.append("\\t");
                case '\b' -> escaped.append("\\b");
                case '\f' -> escaped.append("\\f");
                default -> {
                    boolean html = forHtml && (c == '<' || c == '>' || c == '&' || c == '\'' || c == '=');
                    if (c < ' ' || html || c > '~' && onlyAscii) {
                        escaped.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
                    } else {
                        escaped.append(c);
                    }
                }
            }
        }
        return escaped.toString();
    }

    private static String upperCaseEscapes(String escaped) {
        StringBuilder upper = new StringBuilder(escaped);
        for (int at = upper.indexOf("\\u"); at >= 0; at = upper.indexOf("\\u", at + 1)) {
            for (int i = at + 2; i < Math.min(at + 6, upper.length()); i++) {
                upper.setCharAt(i, Character.toUpperCase(upper.charAt(i)));
            }
        }
        return upper.toString();
    }

    /**
     * Wherever it begins in what was encoded: of the three alignments, those characters that the value alone makes, in the
     * two alphabets. Padding stands behind them.
     */
    private void addBase64(String piece) {
        byte[] value = piece.getBytes(StandardCharsets.UTF_8);
        for (int before = 0; before < 3; before++) {
            byte[] shifted = new byte[before + value.length];
            System.arraycopy(value, 0, shifted, before, value.length);
            int first = (before * 8 + 5) / 6;
            int end = shifted.length * 8 / 6;
            add(Base64.getEncoder().withoutPadding().encodeToString(shifted).substring(first, end));
            add(Base64.getUrlEncoder().withoutPadding().encodeToString(shifted).substring(first, end));
        }
    }

    private void addInUrls(String piece) {
        String encoded;
        try {
            encoded = URLEncoder.encode(piece, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException halfACharacter) {
            return;
        }
        String form = encoded.replace("%7E", "~");
        String withBlanks = form.replace("+", "%20");
        String path = withBlanks.replace("*", "%2A");
        String component = path.replace("%21", "!")
                .replace("%27", "'")
                .replace("%28", "(")
                .replace("%29", ")")
                .replace("%2A", "*");
        List<String> all = List.of(
                encoded,
                encoded.replace("+", "%20"),
                form,
                form.replace("*", "%2A"),
                withBlanks,
                path,
                path.replace("%2F", "/"),
                component);
        for (String one : all) {
            add(one);
            add(lowerCaseEscapes(one));
        }
    }

    private static String lowerCaseEscapes(String encoded) {
        StringBuilder lower = new StringBuilder(encoded);
        for (int at = lower.indexOf("%"); at >= 0; at = lower.indexOf("%", at + 3)) {
            for (int i = at + 1; i < Math.min(at + 3, lower.length()); i++) {
                lower.setCharAt(i, Character.toLowerCase(lower.charAt(i)));
            }
        }
        return lower.toString();
    }
}
