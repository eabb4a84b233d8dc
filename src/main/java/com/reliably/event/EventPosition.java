package com.reliably.event;

import com.reliably.problem.ProblemException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in the order of events; on the wire {@code <tx>-<seq>}.
 *
 * @param tx  the transaction that made the event
 * @param seq its number; 0 for the place before all events of the transaction
 */
record EventPosition(long tx, long seq) {

    private static final Pattern FORM = Pattern.compile("(\\d{1,18})-(\\d{1,18})");

    /**
     * Reads the header {@code Last-Event-ID}.
     *
     * @throws ProblemException 400 where it is none of ours
     */
    static EventPosition parse(String header) {
        Matcher parts = FORM.matcher(header.strip());
        if (!parts.matches()) {
            throw ProblemException.badRequest("The header Last-Event-ID is not the id of an event of this stream, which"
                    + " looks like 1234-56; leave it out to begin with what happens from now on.");
        }
        return new EventPosition(Long.parseLong(parts.group(1)), Long.parseLong(parts.group(2)));
    }

    @Override
    public String toString() {
        return tx + "-" + seq;
    }
}
