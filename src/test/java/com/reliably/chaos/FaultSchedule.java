package com.reliably.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/** What happens when, decided beforehand by chance: the same seed makes the same faults. */
record FaultSchedule(List<Event> events) {

    private static final int REPLICAS = 3;
    /** So that somebody is there to make progress, or to take over. */
    private static final int MOST_IMPAIRED = 2;

    /** What a killed server needs to be of use again, on a busy machine. */
    private static final Duration RESTART = Duration.ofSeconds(15);

    /** From one crash of the database to the next. */
    private static final Duration DATABASE_NEEDS = Duration.ofSeconds(25);

    private static final List<Duration> OFFSETS = List.of(Duration.ofHours(2), Duration.ofHours(-2), Duration.ZERO);

    /**
     * A fault that befalls a server.
     *
     * @param at      since the beginning
     * @param replica which of the servers; of no meaning where it is the database
     * @param lasts   until it is healed; of no meaning for a clock, which stays wrong
     * @param offset  for a clock: by what it is wrong from now on
     */
    record Event(Duration at, Fault fault, int replica, Duration lasts, Duration offset) {

        private boolean overlaps(Duration from, Duration to) {
            return at.compareTo(to) < 0 && at.plus(lasts).compareTo(from) > 0;
        }

        @Override
        public String toString() {
            String what = fault == Fault.CLOCK_JUMP ? " to " + offset : " for " + lasts.toMillis() / 1000.0 + " s";
            String whom = fault == Fault.DATABASE_CRASH ? "" : " of server " + replica;
            return "%6.1f s  %s%s%s".formatted(at.toMillis() / 1000.0, fault, whom, what);
        }
    }

    /**
     * Faults for so long, three to nine seconds apart; each kind at least once, where there is the time.
     *
     * @param kinds which faults there are to be
     */
    static FaultSchedule of(Random chance, Duration length, Set<Fault> kinds) {
        List<Event> events = new ArrayList<>();
        List<Fault> first = new ArrayList<>(kinds);
        Collections.shuffle(first, chance);
        Duration at = Duration.ofSeconds(1);
        while (!kinds.isEmpty() && at.compareTo(length) < 0) {
            Fault fault = first.isEmpty() ? any(chance, kinds) : first.get(0);
            Optional<Event> event = event(events, chance, at, fault, shorter(lasts(fault, chance), length.minus(at)));
            event.ifPresent(events::add);
            if (event.isPresent()) {
                first.remove(fault);
            }
            at = at.plusMillis(3000 + chance.nextInt(6000));
        }
        return new FaultSchedule(List.copyOf(events));
    }

    /** Empty where there is trouble enough at that moment. */
    private static Optional<Event> event(List<Event> events, Random chance, Duration at, Fault fault, Duration lasts) {
        Duration offset = OFFSETS.get(chance.nextInt(OFFSETS.size()));
        int which = chance.nextInt(REPLICAS);
        if (fault == Fault.DATABASE_CRASH && isRecent(events, at)) {
            return Optional.empty();
        }
        if (!fault.impairsServer()) {
            return Optional.of(new Event(at, fault, which, lasts, offset));
        }
        List<Integer> well = IntStream.range(0, REPLICAS)
                .filter(replica -> isWell(events, replica, at, at.plus(lasts)))
                .boxed()
                .toList();
        return well.size() <= REPLICAS - MOST_IMPAIRED
                ? Optional.empty()
                : Optional.of(new Event(at, fault, well.get(which % well.size()), lasts, offset));
    }

    private static boolean isRecent(List<Event> events, Duration at) {
        return events.stream()
                .anyMatch(event -> event.fault == Fault.DATABASE_CRASH
                        && event.at.plus(DATABASE_NEEDS).compareTo(at) > 0);
    }

    private static boolean isWell(List<Event> events, int replica, Duration from, Duration to) {
        return events.stream()
                .noneMatch(
                        event -> event.replica == replica && event.fault.impairsServer() && event.overlaps(from, to));
    }

    private static Duration lasts(Fault fault, Random chance) {
        return switch (fault) {
            case KILL -> RESTART;
            case FREEZE, CUT, BLACK_HOLE, STALL -> Duration.ofMillis(5000 + chance.nextInt(25_000));
            case DATABASE_CRASH -> Duration.ofMillis(500 + chance.nextInt(4500));
            case CLOCK_JUMP -> Duration.ZERO;
        };
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private static Fault any(Random chance, Set<Fault> kinds) {
        int lot = chance.nextInt(kinds.stream().mapToInt(Fault::weight).sum());
        for (Fault fault : kinds) {
            lot -= fault.weight();
            if (lot < 0) {
                return fault;
            }
        }
        throw new IllegalStateException("the weights do not add up");
    }
}
