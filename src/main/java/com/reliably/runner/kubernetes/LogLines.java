package com.reliably.runner.kubernetes;

import com.reliably.runner.RunnerEvent;
import com.reliably.secret.Mask;
import com.reliably.web.PlainText;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The output of a container, made of its log as Kubernetes serves it: with the time of each line in front. A log can
 * only be read from a second on, so that after a cut some lines come again; by their times they are known. After a
 * restart of the server only the number of bytes is known, and the log is read from its beginning.
 *
 * <p>Bytes are counted without the times. Not safe for use by several threads.
 */
final class LogLines {

    /** A longer line is cut. */
    private static final int LONGEST_LINE = 256 * 1024;
    /** What is passed on together. */
    private static final int LARGEST_PIECE = 64 * 1024;
    /** No time is longer. */
    private static final int LONGEST_TIME = 64;

    private static final byte[] CUT = " [reliably-server: the line is cut here]\n".getBytes(StandardCharsets.UTF_8);
    /** A token of this server's: nobody is to find it in a log. */
    private static final Pattern TOKEN = Pattern.compile("rly_[A-Za-z0-9_-]{43}");

    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    /** What of the line was too much. */
    private long beyond;

    private final ByteArrayOutputStream piece = new ByteArrayOutputStream();
    private final List<RunnerEvent.Output> ready = new ArrayList<>();
    /** What was taken over before this server came to it. */
    private final long alreadyTaken;
    /** Where the piece begins that is being collected. */
    private long pieceAt;
    /** Where the next byte of output will be. */
    private long position;

    /** The time of the latest line that was taken; null where there is none yet. */
    private Instant latest;
    /** How many lines with that time were taken. */
    private int takenAtLatest;
    /** The log is being read again, and has not come to anything new. */
    private boolean catchingUp;
    /** How many lines with the latest time are still to come again. */
    private int againAtLatest;

    /** @param fromByte up to where the output is known already */
    LogLines(long fromByte) {
        this.alreadyTaken = fromByte;
    }

    /** From when on the log is to be read; null where that is from its beginning. */
    Instant since() {
        return latest;
    }

    /** A reading of the log begins, at {@link #since}. */
    void beginReading() {
        line.reset();
        beyond = 0;
        catchingUp = latest != null;
        againAtLatest = takenAtLatest;
    }

    /** A part of the log. */
    void take(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            byte next = bytes.get();
            if (next == '\n' || line.size() < LONGEST_LINE) {
                line.write(next);
            } else {
                beyond++;
            }
            if (next == '\n') {
                endOfLine();
            }
        }
    }

    /** The log has ended: what has no end of line is all there is of the last one. */
    void endReading() {
        if (line.size() > 0) {
            endOfLine();
        }
    }

    /** What is to be passed on. */
    List<RunnerEvent.Output> drain() {
        flush();
        List<RunnerEvent.Output> drained = List.copyOf(ready);
        ready.clear();
        return drained;
    }

    private void endOfLine() {
        byte[] bytes = line.toByteArray();
        long dropped = beyond;
        line.reset();
        beyond = 0;
        int space = 0;
        while (space < bytes.length && space < LONGEST_TIME && bytes[space] != ' ') {
            space++;
        }
        Instant time = timeOf(bytes, space);
        if (time == null) {
            // Not a line of the log, but what is said instead of one.
            output(bytes, 0, dropped);
        } else if (isNew(time)) {
            takenAtLatest = time.equals(latest) ? takenAtLatest + 1 : 1;
            latest = time;
            output(bytes, Math.min(space + 1, bytes.length), dropped);
        }
    }

    private static Instant timeOf(byte[] bytes, int length) {
        try {
            return OffsetDateTime.parse(new String(bytes, 0, length, StandardCharsets.US_ASCII))
                    .toInstant();
        } catch (DateTimeException e) {
            return null;
        }
    }

    private boolean isNew(Instant time) {
        if (!catchingUp) {
            return true;
        }
        if (time.isBefore(latest)) {
            return false;
        }
        if (time.equals(latest) && againAtLatest > 0) {
            againAtLatest--;
            return false;
        }
        catchingUp = false;
        return true;
    }

    private void output(byte[] bytes, int from, long dropped) {
        long end = position + bytes.length - from + dropped;
        int skip = (int) Math.max(0, Math.min(bytes.length - from, alreadyTaken - position));
        if (skip < bytes.length - from) {
            if (piece.size() == 0) {
                pieceAt = position + skip;
            }
            boolean cut = dropped > 0;
            piece.write(bytes, from + skip, bytes.length - from - skip - (cut ? 1 : 0));
            if (cut) {
                piece.writeBytes(CUT);
            }
        }
        position = end;
        if (piece.size() >= LARGEST_PIECE) {
            flush();
        }
    }

    private void flush() {
        if (piece.size() > 0) {
            String text = PlainText.repaired(piece.toString(StandardCharsets.UTF_8));
            ready.add(new RunnerEvent.Output(
                    pieceAt, position, TOKEN.matcher(text).replaceAll(Mask.MASK)));
            piece.reset();
        }
    }
}
