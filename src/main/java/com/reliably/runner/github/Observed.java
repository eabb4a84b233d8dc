package com.reliably.runner.github;

import com.reliably.runner.RunnerEvent;
import io.smallrye.mutiny.Multi;
import java.time.Duration;
import java.util.List;

/**
 * What one look at a run came to.
 *
 * @param events what is new; may be fetched only as it is taken, and does not fail
 * @param pause  until the next look
 * @param isLast whether the run has ended, which the last event says
 */
record Observed(Multi<RunnerEvent> events, Duration pause, boolean isLast) {

    /** The run goes on. */
    static Observed goesOn(List<RunnerEvent> events, Duration pause) {
        return new Observed(Multi.createFrom().iterable(events), pause, false);
    }

    /** Nothing is to be told, and it is looked at again at once. */
    static Observed again() {
        return goesOn(List.of(), Duration.ZERO);
    }

    /** The run has ended. */
    static Observed ended(Multi<RunnerEvent> before, RunnerEvent.Ended end) {
        return new Observed(
                Multi.createBy()
                        .concatenating()
                        .streams(before, Multi.createFrom().item(end)),
                Duration.ZERO,
                true);
    }

    /** The run has ended, with nothing else to tell. */
    static Observed ended(RunnerEvent.Ended end) {
        return ended(Multi.createFrom().empty(), end);
    }

    /** The same, after other news. */
    Observed after(List<RunnerEvent> first) {
        return first.isEmpty()
                ? this
                : new Observed(
                        Multi.createBy()
                                .concatenating()
                                .streams(Multi.createFrom().iterable(first), events),
                        pause,
                        isLast);
    }
}
