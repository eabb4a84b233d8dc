package com.reliably.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RoomTest {

    private static final UUID LOUD = UUID.randomUUID();
    private static final UUID QUIET = UUID.randomUUID();

    private static List<Run> runs(UUID org, int count) {
        return Stream.generate(() -> {
                    Run run = new Run();
                    run.orgId = org;
                    return run;
                })
                .limit(count)
                .toList();
    }

    /** Takes as much as it is let, as many times as it is let; how much that was. */
    private static int takenBy(UUID org, Room room) {
        int taken = 0;
        while (room.next() > 0 && !room.served().contains(org)) {
            List<Run> runs = runs(org, room.next());
            room.take(runs);
            taken += runs.size();
        }
        return taken;
    }

    @Test
    void anOrganizationWithWorkForAllLeavesRoomToTheNext() {
        Room room = new Room(true, Map.of(), 200);
        int loud = takenBy(LOUD, room);
        assertTrue(loud >= 160 && loud <= 170, loud + " of 200");
        int quiet = takenBy(QUIET, room);
        assertTrue(quiet >= 20, quiet + " of what was left");
        assertTrue(room.next() > 0);
        assertEquals(Set.of(LOUD, QUIET), room.served());
    }

    @Test
    void whoHasEnoughGetsMoreWhenOthersHaveEnded() {
        Room full = new Room(true, Map.of(LOUD, 100, QUIET, 80), 20);
        assertEquals(Set.of(LOUD, QUIET), full.served());
        Room later = new Room(true, Map.of(LOUD, 100), 100);
        assertEquals(Set.of(), later.served());
        assertTrue(takenBy(LOUD, later) >= 60);
    }

    @Test
    void aSmallRoomIsUsedToo() {
        assertEquals(1, takenBy(LOUD, new Room(true, Map.of(), 1)));
        assertEquals(4, takenBy(LOUD, new Room(true, Map.of(), 5)));
    }

    @Test
    void roomThatIsNotSharedIsWhoseverComesFirst() {
        Room room = new Room(false, new HashMap<>(Map.of(LOUD, 10)), 50);
        assertEquals(50, room.next());
        assertEquals(Set.of(), room.served());
        room.take(runs(LOUD, 50));
        assertEquals(0, room.next());
    }

    @Test
    void thereIsNoneWhereMoreWasTakenOverThanThereMayBe() {
        assertTrue(new Room(true, Map.of(LOUD, 300), -100).next() <= 0);
    }
}
