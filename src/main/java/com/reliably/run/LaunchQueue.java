package com.reliably.run;

import io.smallrye.mutiny.Uni;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * The runs that are to be launched, so many at a time: more would only wait for each other, for connections, processors,
 * engines. Those of the organisation come next that has fewest launches under way, and where there is more than one
 * organisation, none has all of them: an engine that does not answer holds a launch for minutes.
 */
final class LaunchQueue {

    private final int most;
    private final BooleanSupplier shared;
    private final Function<Following, Uni<Void>> launch;
    /** In the order in which organisations came; none is without a run. */
    private final Map<UUID, Deque<Following>> waiting = new LinkedHashMap<>();

    private final Map<UUID, Integer> underWay = new HashMap<>();
    private int all;

    /**
     * An empty queue.
     *
     * @param most   how many launches there are at a time
     * @param shared whether there is more than one organisation
     * @param launch completes when the launch has, one way or the other; never fails
     */
    LaunchQueue(int most, BooleanSupplier shared, Function<Following, Uni<Void>> launch) {
        this.most = most;
        this.shared = shared;
        this.launch = launch;
    }

    /** Has a run launched when it is its turn. */
    synchronized void add(Following following) {
        waiting.computeIfAbsent(following.run().orgId, org -> new ArrayDeque<>())
                .add(following);
        begin();
    }

    private void begin() {
        for (UUID next = next(); all < most && next != null; next = next()) {
            begin(next);
        }
    }

    private void begin(UUID org) {
        Deque<Following> runs = waiting.get(org);
        Following following = runs.remove();
        // Behind the others that have as few.
        waiting.remove(org);
        if (!runs.isEmpty()) {
            waiting.put(org, runs);
        }
        all++;
        underWay.merge(org, 1, Integer::sum);
        launch.apply(following).subscribe().with(ignored -> ended(org), failure -> ended(org));
    }

    /** The organisation whose turn it is; null where none may begin another launch. */
    private UUID next() {
        int mostOfOne = shared.getAsBoolean() ? Math.max(1, most - most / 4) : most;
        UUID next = null;
        int fewest = mostOfOne;
        for (UUID org : waiting.keySet()) {
            int has = underWay.getOrDefault(org, 0);
            if (has < fewest) {
                fewest = has;
                next = org;
            }
        }
        return next;
    }

    private synchronized void ended(UUID org) {
        all--;
        underWay.computeIfPresent(org, (same, has) -> has == 1 ? null : has - 1);
        begin();
    }
}
