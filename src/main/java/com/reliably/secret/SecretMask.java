package com.reliably.secret;

import java.util.Arrays;
import java.util.Collection;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Masks secrets in what clients print and report: the given values of at least eight characters, whole and line by line, as
 * they are, as JSON and Python escape them, in base64 and URL encoding; and every token of this server, by its form. It
 * protects against accidents, not against somebody who has a client print a secret in disguise. Immutable.
 */
public final class SecretMask {

    /** Masks nothing but tokens of this server. */
    public static final SecretMask OF_TOKENS = new SecretMask(Set.of());

    private static final String TOKEN_BEGIN = "rly_";
    private static final int TOKEN_LENGTH = 43;
    private static final Pattern TOKEN = Pattern.compile(TOKEN_BEGIN + "[A-Za-z0-9_-]{" + TOKEN_LENGTH + "}");

    private final PatternAutomaton automaton;
    private final int size;

    private SecretMask(Set<String> forms) {
        automaton = new PatternAutomaton(forms);
        size = forms.stream().mapToInt(String::length).sum();
    }

    /** Masks these values; those that are null, or the mask itself, are left out. Long ones take some time. */
    public static SecretMask of(Collection<String> values) {
        Set<String> forms = SecretForms.of(values);
        return forms.isEmpty() ? OF_TOKENS : new SecretMask(forms);
    }

    /** How many characters are looked for, all forms together. */
    public int size() {
        return size;
    }

    /** Whether {@link #mask} could change some text that says this; false for nearly all texts of plans without secrets. */
    public boolean mayChange(String text) {
        return !automaton.isEmpty() || text.contains(TOKEN_BEGIN);
    }

    /** Whether {@link #mask} changes the text. */
    public boolean changes(String text) {
        return finds(text) || text.contains(TOKEN_BEGIN) && TOKEN.matcher(text).find();
    }

    private boolean finds(String text) {
        if (automaton.isEmpty()) {
            return false;
        }
        int state = PatternAutomaton.START;
        for (int i = 0; i < text.length(); i++) {
            state = automaton.next(state, text.charAt(i));
            if (automaton.found(state) > 0) {
                return true;
            }
        }
        return false;
    }

    /** The text with the mask in the place of each secret; null for null. */
    public String mask(String text) {
        return text == null || !changes(text) ? text : look(text).masked(0, text.length());
    }

    /** Looks through a text of which more may follow. */
    public Looked look(String text) {
        Looked looked = new Looked(text);
        int state = PatternAutomaton.START;
        Matcher token = TOKEN.matcher(text);
        boolean moreTokens = text.contains(TOKEN_BEGIN) && token.find();
        for (int i = 0; i < text.length(); i++) {
            state = automaton.next(state, text.charAt(i));
            int length = automaton.found(state);
            if (length > 0) {
                looked.add(i + 1 - length, i + 1);
            }
            if (moreTokens && token.end() == i + 1) {
                looked.add(token.start(), token.end());
                moreTokens = token.find();
            }
        }
        looked.sure = Math.min(text.length() - automaton.depth(state), beginOfOpenToken(text));
        return looked;
    }

    /** Where a token begins that may go on behind the text; the text's end where none does. */
    private static int beginOfOpenToken(String text) {
        int longest = TOKEN_BEGIN.length() + TOKEN_LENGTH - 1;
        for (int at = Math.max(0, text.length() - longest); at < text.length(); at++) {
            int begin = Math.min(TOKEN_BEGIN.length(), text.length() - at);
            if (text.startsWith(TOKEN_BEGIN.substring(0, begin), at)
                    && text.chars().skip((long) at + begin).allMatch(SecretMask::isOfToken)) {
                return at;
            }
        }
        return text.length();
    }

    private static boolean isOfToken(int c) {
        return c < 128 && (Character.isLetterOrDigit(c) || c == '_' || c == '-');
    }

    /** A text, and where secrets are in it. */
    public static final class Looked {

        private final String text;
        /** Pairs of begin and end, in order, apart from each other. */
        private int[] places = new int[8];

        private int count;
        private int sure;

        private Looked(String text) {
            this.text = text;
        }

        /** In order of their ends. */
        private void add(int begin, int end) {
            int from = begin;
            while (count > 0 && places[count - 1] > begin) {
                from = Math.min(from, places[count - 2]);
                count -= 2;
            }
            if (count == places.length) {
                places = Arrays.copyOf(places, count * 2);
            }
            places[count++] = from;
            places[count++] = end;
        }

        /** Up to where (exclusive) it is known, whatever follows; behind it something begins that may be a secret. */
        public int sure() {
            return sure;
        }

        /** The end of the secret that this position is inside of; the position itself where it is in none. */
        public int endOfSecretAt(int position) {
            for (int i = 0; i < count; i += 2) {
                if (places[i] < position && position < places[i + 1]) {
                    return places[i + 1];
                }
            }
            return position;
        }

        /** A part of the text, with a mask in the place of each secret that has some of it. */
        public String masked(int from, int to) {
            StringBuilder masked = new StringBuilder(to - from);
            int at = from;
            for (int i = 0; i < count; i += 2) {
                if (places[i + 1] > at && places[i] < to) {
                    masked.append(text, at, Math.max(at, places[i])).append(Mask.MASK);
                    at = Math.min(to, places[i + 1]);
                }
            }
            return masked.append(text, at, to).toString();
        }
    }
}
