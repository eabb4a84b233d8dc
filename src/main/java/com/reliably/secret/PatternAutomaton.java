package com.reliably.secret;

import java.util.Arrays;
import java.util.Collection;

/**
 * Finds any of many strings in a text in one pass, whatever the text: the automaton of Aho and Corasick ("Efficient string
 * matching: an aid to bibliographic search", 1975). Its states are kept in arrays, at about sixty bytes for each character
 * of the strings; see ADR 0025 for why it is not a library's. Immutable.
 */
final class PatternAutomaton {

    /** The state at the beginning of a text. */
    static final int START = 0;

    private static final int ASCII = 128;

    /** By character, from the start: most characters of most texts lead nowhere else. */
    private final int[] fromStart = new int[ASCII];

    /** Transitions by state and character, in a table with open addressing; a key of 0 is a free place. */
    private long[] keys = new long[64];

    private int[] targets = new int[64];
    private int transitions;

    private int[] depth = new int[32];
    private int[] fallback = new int[32];
    /** The length of the longest string that ends in the state. */
    private int[] found = new int[32];

    private char[] character = new char[32];
    private int[] parent = new int[32];
    private int states = 1;

    PatternAutomaton(Collection<String> strings) {
        strings.forEach(this::insert);
        link();
        for (char c = 0; c < ASCII; c++) {
            fromStart[c] = Math.max(0, target(START, c));
        }
    }

    /** Whether there is nothing to be found. */
    boolean isEmpty() {
        return states == 1;
    }

    /** The state after one more character. */
    int next(int state, char c) {
        int at = state;
        while (at != START) {
            int target = target(at, c);
            if (target >= 0) {
                return target;
            }
            at = fallback[at];
        }
        return c < ASCII ? fromStart[c] : Math.max(0, target(START, c));
    }

    /** The length of the longest string that ends in this state; 0 where none does. */
    int found(int state) {
        return found[state];
    }

    /** How many characters at the end of the text so far may be the beginning of a string. */
    int depth(int state) {
        return depth[state];
    }

    private void insert(String string) {
        int state = START;
        for (int i = 0; i < string.length(); i++) {
            char c = string.charAt(i);
            int target = target(state, c);
            state = target >= 0 ? target : add(state, c);
        }
        found[state] = string.length();
    }

    private int add(int from, char c) {
        if (states == depth.length) {
            int more = states * 2;
            depth = Arrays.copyOf(depth, more);
            fallback = Arrays.copyOf(fallback, more);
            found = Arrays.copyOf(found, more);
            character = Arrays.copyOf(character, more);
            parent = Arrays.copyOf(parent, more);
        }
        depth[states] = depth[from] + 1;
        character[states] = c;
        parent[states] = from;
        put(key(from, c), states);
        return states++;
    }

    /** By growing depth, so that what is shorter is linked already. */
    private void link() {
        for (int state : byDepth()) {
            int from = parent[state];
            if (from != START) {
                fallback[state] = nextWhileLinking(fallback[from], character[state]);
            }
            found[state] = Math.max(found[state], found[fallback[state]]);
        }
    }

    private int nextWhileLinking(int from, char c) {
        int at = from;
        while (true) {
            int target = target(at, c);
            if (target >= 0) {
                return target;
            }
            if (at == START) {
                return START;
            }
            at = fallback[at];
        }
    }

    /** All states but the first. */
    private int[] byDepth() {
        int[] first = new int[Arrays.stream(depth, 0, states).max().orElse(0) + 2];
        for (int state = 1; state < states; state++) {
            first[depth[state] + 1]++;
        }
        for (int i = 1; i < first.length; i++) {
            first[i] += first[i - 1];
        }
        int[] ordered = new int[states - 1];
        for (int state = 1; state < states; state++) {
            ordered[first[depth[state]]++] = state;
        }
        return ordered;
    }

    private static long key(int state, char c) {
        return ((long) state << 16 | c) + 1;
    }

    private int target(int state, char c) {
        long key = key(state, c);
        for (int at = place(key, keys.length); ; at = at + 1 & keys.length - 1) {
            if (keys[at] == key) {
                return targets[at];
            }
            if (keys[at] == 0) {
                return -1;
            }
        }
    }

    private void put(long key, int target) {
        if (++transitions * 2 > keys.length) {
            long[] oldKeys = keys;
            int[] oldTargets = targets;
            keys = new long[oldKeys.length * 2];
            targets = new int[keys.length];
            for (int i = 0; i < oldKeys.length; i++) {
                if (oldKeys[i] != 0) {
                    store(oldKeys[i], oldTargets[i]);
                }
            }
        }
        store(key, target);
    }

    private void store(long key, int target) {
        int at = place(key, keys.length);
        while (keys[at] != 0) {
            at = at + 1 & keys.length - 1;
        }
        keys[at] = key;
        targets[at] = target;
    }

    /** Fibonacci hashing; the length is a power of two. */
    private static int place(long key, int length) {
        return (int) (key * 0x9E3779B97F4A7C15L >>> 64 - Integer.numberOfTrailingZeros(length));
    }
}
