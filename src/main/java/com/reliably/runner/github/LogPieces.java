package com.reliably.runner.github;

import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.NoSuchElementException;

/** A log in pieces, none of which has a part of a character; the same for the same log. */
final class LogPieces implements Iterator<String> {

    private static final int LONGEST = 64 * 1024;
    private static final int LONGEST_CHARACTER = 4;

    private final byte[] log;
    private int at;

    LogPieces(byte[] log) {
        this.log = log;
    }

    @Override
    public boolean hasNext() {
        return at < log.length;
    }

    @Override
    public String next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        int from = at;
        at = end(from);
        return new String(log, from, at - from, StandardCharsets.UTF_8);
    }

    private int end(int from) {
        int end = from + LONGEST;
        if (end >= log.length) {
            return log.length;
        }
        for (int back = 0; back < LONGEST_CHARACTER; back++) {
            if (isFirstOfCharacter(log[end - back])) {
                return end - back;
            }
        }
        return end;
    }

    private static boolean isFirstOfCharacter(byte one) {
        return (one & 0xC0) != 0x80;
    }
}
