package com.reliably.run;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * What a server has room for of the runs of one runner, while it takes some up.
 *
 * <p>Where there is more than one organisation, or where runs may wait for hours for what is not the server's, a limit of their
 * engine's or somebody's approval, all room would be one organisation's in the end. There an organisation gets more only while it
 * has less than so many times what is still free, and never the very last of it where it has some: that is left to those who
 * have little, however many they are. What is taken up at a time is so little that this is looked at often enough.
 */
final class Room {

    private static final int TIMES_THE_FREE = 4;

    private final boolean shared;
    private final Map<UUID, Integer> byOrganization;
    private int free;

    /**
     * @param shared         whether some of it is left to organisations that have little
     * @param byOrganization how many runs each has
     * @param free           how many more there may be; not more than 0 where there is none
     */
    Room(boolean shared, Map<UUID, Integer> byOrganization, int free) {
        this.shared = shared;
        this.byOrganization = new HashMap<>(byOrganization);
        this.free = free;
    }

    /** How many more runs may be taken up now, by {@link #served}'s leave. */
    int next() {
        return shared && free > 0 ? Math.max(1, free / (TIMES_THE_FREE + 1)) : free;
    }

    /** The organisations that have enough for now. */
    Set<UUID> served() {
        return shared
                ? byOrganization.entrySet().stream()
                        .filter(one -> hasEnough(one.getValue()))
                        .map(Map.Entry::getKey)
                        .collect(Collectors.toSet())
                : Set.of();
    }

    private boolean hasEnough(int has) {
        return has >= TIMES_THE_FREE * free || free == 1 && has > 0;
    }

    /** How many runs each organisation has. */
    Map<UUID, Integer> byOrganization() {
        return Map.copyOf(byOrganization);
    }

    void take(List<Run> taken) {
        free -= taken.size();
        taken.forEach(run -> byOrganization.merge(run.orgId, 1, Integer::sum));
    }
}
