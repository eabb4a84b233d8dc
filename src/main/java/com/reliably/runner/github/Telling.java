package com.reliably.runner.github;

import com.reliably.runner.RunnerEvent;
import com.reliably.web.PlainText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is told of a run in one look, and how far everything that was told before has come with that. A look that fails leaves
 * the one before as it was, so that nothing counts as told that was not.
 */
final class Telling {

    private final long fromByte;
    private final List<RunnerEvent> events = new ArrayList<>();
    private long written;
    private int steps;
    private boolean begun;

    /** Nothing is told yet, and output is wanted from there on. */
    Telling(long fromByte) {
        this.fromByte = fromByte;
    }

    /** To go on with, in another look. */
    Telling next() {
        Telling next = new Telling(fromByte);
        next.written = written;
        next.steps = steps;
        next.begun = begun;
        return next;
    }

    /** A runner has taken it. */
    void begin() {
        if (!begun) {
            begun = true;
            events.add(new RunnerEvent.Started());
        }
    }

    /** How many steps were told. */
    int steps() {
        return steps;
    }

    void step(String line) {
        steps++;
        line(line);
    }

    /** Anything else that is told in the same place each time. */
    void line(String line) {
        output(line).ifPresent(events::add);
    }

    /** The next piece of the output; empty where it is not wanted. */
    Optional<RunnerEvent> output(String text) {
        String stored = PlainText.repaired(text);
        long first = written;
        written += stored.getBytes(StandardCharsets.UTF_8).length;
        return first >= fromByte ? Optional.of(new RunnerEvent.Output(first, written, stored)) : Optional.empty();
    }

    /** Bytes of output, wanted or not. */
    long written() {
        return written;
    }

    List<RunnerEvent> events() {
        return events;
    }
}
