package com.reliably.run;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Runs that this server has, and could not follow: each is left alone for a while, the longer the more often it fails one
 * time after the other. What goes well again for long enough is as if it had always.
 */
final class Setbacks {

    /** After the first one the next look is soon enough: most are the database's, of a moment. */
    private static final Duration SECOND = Duration.ofSeconds(2);

    private static final Duration LONGEST = Duration.ofMinutes(1);

    private final Map<UUID, Setback> byRun = new ConcurrentHashMap<>();

    /**
     * @param type  of the run's deployment; may be null
     * @param count how often it failed, one time after the other
     * @param until when it is followed again, as {@link System#nanoTime} has it
     */
    private record Setback(String type, int count, long until) {

        private boolean isOver(Duration ago) {
            return System.nanoTime() - until >= ago.toNanos();
        }
    }

    /**
     * A run could not be followed.
     *
     * @return for how long it is left alone
     */
    Duration happened(Run run) {
        Setback before = byRun.get(run.id);
        int count = before == null || before.isOver(LONGEST) ? 1 : before.count() + 1;
        Duration pause = pauseAfter(count);
        byRun.put(run.id, new Setback(run.deploymentType, count, System.nanoTime() + pause.toNanos()));
        return pause;
    }

    private static Duration pauseAfter(int count) {
        if (count == 1) {
            return Duration.ZERO;
        }
        Duration doubled = SECOND.multipliedBy(1L << Math.min(count - 2, 10));
        return doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST;
    }

    /** Whether a run is to be left alone for now. */
    boolean isLeftAlone(UUID id) {
        Setback setback = byRun.get(id);
        return setback != null && !setback.isOver(Duration.ZERO);
    }

    /** How many runs with deployments of these types are left alone for now. */
    int leftAlone(Set<String> types) {
        return (int) byRun.values().stream()
                .filter(setback -> setback.type() != null && types.contains(setback.type()))
                .filter(setback -> !setback.isOver(Duration.ZERO))
                .count();
    }

    /** A run has ended, or is somebody else's. */
    void forget(UUID id) {
        byRun.remove(id);
    }

    /** These are all the runs that this server has. */
    void forgetAllBut(Set<UUID> ids) {
        byRun.keySet().retainAll(ids);
    }
}
