package com.reliably.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class LaunchQueueTest {

    private static final UUID LOUD = UUID.randomUUID();
    private static final UUID QUIET = UUID.randomUUID();

    private final Map<Following, UniEmitter<? super Void>> underWay = new LinkedHashMap<>();

    @Test
    void oneOrganizationDoesNotGetAllLaunches() {
        LaunchQueue queue = queue(16, true);
        add(queue, LOUD, 100);
        assertEquals(12, underWay.size());
        add(queue, QUIET, 1);
        assertEquals(1, countOf(QUIET));
        add(queue, QUIET, 10);
        assertEquals(4, countOf(QUIET));
    }

    @Test
    void whereThereIsOneItGetsThemAll() {
        add(queue(16, false), LOUD, 100);
        assertEquals(16, underWay.size());
    }

    @Test
    void whatEndsMakesRoomForWhoHasFewest() {
        LaunchQueue queue = queue(4, true);
        add(queue, LOUD, 10);
        add(queue, QUIET, 3);
        assertEquals(Map.of(LOUD, 3, QUIET, 1), Map.of(LOUD, countOf(LOUD), QUIET, countOf(QUIET)));
        endOneOf(LOUD);
        assertEquals(Map.of(LOUD, 2, QUIET, 2), Map.of(LOUD, countOf(LOUD), QUIET, countOf(QUIET)));
    }

    @Test
    void allAreLaunchedInTheEnd() {
        List<Following> launched = new ArrayList<>();
        LaunchQueue queue = new LaunchQueue(2, () -> true, following -> {
            launched.add(following);
            return Uni.createFrom().voidItem();
        });
        add(queue, LOUD, 50);
        add(queue, QUIET, 50);
        assertEquals(100, launched.size());
    }

    private LaunchQueue queue(int most, boolean shared) {
        return new LaunchQueue(
                most, () -> shared, following -> Uni.createFrom().<Void>emitter(end -> underWay.put(following, end)));
    }

    private static void add(LaunchQueue queue, UUID org, int count) {
        for (int i = 0; i < count; i++) {
            Run run = new Run();
            run.id = UUID.randomUUID();
            run.orgId = org;
            queue.add(new Following(run, Following.How.TAKEN_UP, null, null));
        }
    }

    private int countOf(UUID org) {
        return (int) underWay.keySet().stream()
                .filter(following -> following.run().orgId.equals(org))
                .count();
    }

    private void endOneOf(UUID org) {
        Following one = underWay.keySet().stream()
                .filter(following -> following.run().orgId.equals(org))
                .findFirst()
                .orElseThrow();
        underWay.remove(one).complete(null);
    }
}
