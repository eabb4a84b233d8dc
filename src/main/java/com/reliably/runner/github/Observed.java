package com.reliably.runner.github;

import com.reliably.runner.RunnerEvent;
import java.time.Duration;
import java.util.List;

/**
 * What one look at a run came to.
 *
 * @param events what is new; the last is the end, where the run has ended
 * @param pause  until the next look
 */
record Observed(List<RunnerEvent> events, Duration pause) {

    boolean isLast() {
        return !events.isEmpty() && events.get(events.size() - 1) instanceof RunnerEvent.Ended;
    }
}
