package com.reliably.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class BodyMemoryTest {

    private static final long BUDGET = 1200;
    private static final Runnable NOTHING = () -> {};

    final BodyMemory memory = new BodyMemory(BUDGET);
    final UUID hostile = UUID.randomUUID();
    final UUID ordinary = UUID.randomUUID();
    final List<String> granted = new ArrayList<>();

    @Test
    void aTokenThatTakesAllItCanLeavesRoomForOthers() {
        BodyOwner owner = owner(hostile);
        int taken = takeAsOftenAsPossible(owner);
        // The oldest goes on beside the share: a quarter, which is half of half.
        assertEquals(1 + 3, taken);
        assertTrue(memory.claim(owner(hostile)).take(100, NOTHING), "another token of the organization");
        assertTrue(memory.claim(owner(ordinary)).take(300, NOTHING), "another organization");
    }

    @Test
    void anOrganizationWithManyTokensLeavesRoomForOthers() {
        for (int i = 0; i < 50; i++) {
            takeAsOftenAsPossible(owner(hostile));
        }
        for (int i = 0; i < 4; i++) {
            assertTrue(memory.claim(owner(ordinary)).take(100, NOTHING), "body " + i);
        }
    }

    @Test
    void theOldestOfAllMayAlwaysGoOn() {
        BodyMemory.Claim oldest = memory.claim(owner(hostile));
        assertTrue(oldest.take(100, NOTHING));
        takeAsOftenAsPossible(owner(hostile));
        takeAsOftenAsPossible(owner(ordinary));
        assertTrue(oldest.take(100_000, NOTHING));
    }

    @Test
    void whoWaitedIsGrantedWhenSomethingIsGivenBackThoseFirstWhoHaveLeast() {
        memory.claim(owner(hostile)).take(100, NOTHING);
        BodyMemory.Claim large = memory.claim(owner(ordinary));
        assertTrue(large.take(1100, NOTHING), "as the oldest of its organization");
        assertFalse(memory.claim(owner(hostile)).take(200, () -> granted.add("hostile")));
        assertFalse(memory.claim(owner(ordinary)).take(200, () -> granted.add("ordinary")));
        assertEquals(List.of(), granted);
        large.release();
        assertEquals(List.of("ordinary", "hostile"), granted);
    }

    @Test
    void whateverIsAskedForAllComeToTheirEndAndNothingIsLeft() {
        Random random = new Random(42);
        List<UUID> organizations = List.of(UUID.randomUUID(), UUID.randomUUID(), UUID.randomUUID());
        List<BodyOwner> owners = organizations.stream()
                .flatMap(organization -> List.of(owner(organization), owner(organization)).stream())
                .toList();
        int[] done = {0};
        List<Body> bodies = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            bodies.add(new Body(memory.claim(owners.get(random.nextInt(owners.size()))), 1 + random.nextInt(10), done));
        }
        for (int round = 0; round < 10_000 && done[0] < bodies.size(); round++) {
            bodies.get(random.nextInt(bodies.size())).step();
            // The budget, and one body of the largest size.
            assertTrue(memory.inUse() <= BUDGET + 1000, memory.inUse() + " in use");
        }
        for (int round = 0; round < 5_000 && done[0] < bodies.size(); round++) {
            bodies.forEach(Body::step);
        }
        assertEquals(bodies.size(), done[0]);
        assertEquals(0, memory.inUse());
    }

    /** One that comes in pieces of 100, and gives all back at its end. */
    private static final class Body {

        final BodyMemory.Claim claim;
        final int[] done;
        int left;
        boolean waits;

        Body(BodyMemory.Claim claim, int pieces, int[] done) {
            this.claim = claim;
            this.left = pieces;
            this.done = done;
        }

        void step() {
            if (waits || left == 0) {
                return;
            }
            waits = !claim.take(100, () -> {
                waits = false;
                taken();
            });
            if (!waits) {
                taken();
            }
        }

        void taken() {
            left--;
            if (left == 0) {
                done[0]++;
                claim.release();
            }
        }
    }

    private int takeAsOftenAsPossible(BodyOwner owner) {
        int taken = 0;
        while (taken < 100 && memory.claim(owner).take(100, NOTHING)) {
            taken++;
        }
        return taken;
    }

    private static BodyOwner owner(UUID organization) {
        return new BodyOwner(organization, UUID.randomUUID());
    }
}
