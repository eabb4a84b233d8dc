package com.reliably.run;

import com.reliably.problem.ProblemException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in the log of a run; on the wire {@code <first byte>-<offset>}.
 *
 * @param firstByte names the piece of output (run_log.first_byte)
 * @param offset    in the piece, in UTF-16 units
 */
record LogPosition(long firstByte, int offset) {

    static final LogPosition BEGINNING = new LogPosition(0, 0);

    /** The id of the last event of a log: there is nothing after it. */
    static final String END = "end";

    private static final Pattern FORM = Pattern.compile("(\\d{1,18})-(\\d{1,9})");

    /**
     * Reads the header {@code Last-Event-ID}.
     *
     * @throws ProblemException 400 where it is none of ours
     */
    static LogPosition parse(String header) {
        Matcher parts = FORM.matcher(header.strip());
        if (!parts.matches()) {
            throw ProblemException.badRequest("The header Last-Event-ID is not the id of an event of this log, which"
                    + " looks like 1234-56; leave it out to begin with the first line.");
        }
        return new LogPosition(Long.parseLong(parts.group(1)), Integer.parseInt(parts.group(2)));
    }

    @Override
    public String toString() {
        return firstByte + "-" + offset;
    }
}
