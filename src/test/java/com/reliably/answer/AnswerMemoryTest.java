package com.reliably.answer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.problem.ProblemException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class AnswerMemoryTest {

    private static final UUID A = UUID.randomUUID();
    private static final UUID B = UUID.randomUUID();
    private static final UUID C = UUID.randomUUID();

    private final AnswerMemory memory = new AnswerMemory(8, Duration.ofHours(1));

    private final class Asked {
        final AnswerMemory.Turn turn;
        final CompletableFuture<Void> entered;

        Asked(UUID orgId, long size) {
            turn = memory.turn(orgId, size);
            entered = memory.enter(turn).subscribeAsCompletionStage();
        }

        boolean isIn() {
            return entered.isDone();
        }

        void leave() {
            memory.leave(turn);
        }
    }

    @Test
    void anOrganizationGetsHalfOfWhatTheOthersLeave() {
        Asked first = new Asked(A, 2);
        assertTrue(first.isIn());
        Asked second = new Asked(A, 2);
        assertTrue(second.isIn());
        Asked third = new Asked(A, 1);
        assertFalse(third.isIn());
        assertTrue(new Asked(B, 2).isIn());
        assertFalse(new Asked(B, 1).isIn());
        assertTrue(new Asked(C, 1).isIn());
        first.leave();
        assertFalse(third.isIn(), "half of what B and C leave is what A has");
        second.leave();
        assertTrue(third.isIn());
    }

    @Test
    void whatWaitsDoesNotBarTheWayToOthers() {
        Asked large = new Asked(A, 4);
        assertTrue(large.isIn());
        Asked waits = new Asked(A, 4);
        assertFalse(waits.isIn());
        assertTrue(new Asked(B, 2).isIn());
        large.leave();
        assertFalse(waits.isIn(), "half of what B leaves is less");
    }

    @Test
    void whatExceedsTheShareIsLetInAlone() {
        Asked huge = new Asked(A, 100);
        assertTrue(huge.isIn());
        Asked next = new Asked(B, 1);
        assertFalse(next.isIn());
        huge.leave();
        huge.leave();
        assertTrue(next.isIn());
    }

    @Test
    void whoLeavesWhileWaitingTakesNothing() {
        Asked first = new Asked(A, 4);
        Asked gone = new Asked(A, 4);
        Asked next = new Asked(A, 4);
        gone.leave();
        assertFalse(next.isIn());
        first.leave();
        assertTrue(next.isIn());
        assertFalse(gone.isIn());
    }

    @Test
    void whatFindsNoRoomIsRefusedInTheEnd() {
        AnswerMemory small = new AnswerMemory(1, Duration.ofMillis(20));
        assertTrue(small.enter(small.turn(A, 1)).subscribeAsCompletionStage().isDone());
        AnswerMemory.Turn late = small.turn(B, 1);
        CompletableFuture<Void> waits = small.enter(late).subscribeAsCompletionStage();
        org.awaitility.Awaitility.await().until(waits::isDone);
        CompletionException refused =
                org.junit.jupiter.api.Assertions.assertThrows(CompletionException.class, waits::join);
        assertEquals(503, ((ProblemException) refused.getCause()).problem().status());
    }
}
