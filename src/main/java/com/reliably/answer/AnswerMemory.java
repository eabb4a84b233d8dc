package com.reliably.answer;

import com.reliably.problem.ProblemException;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * The memory that large answers share. An organization gets at most half of what the others leave, so that something is left
 * for the next one however many there are; what finds no room waits, in the order of its arrival, and is refused in the end.
 */
@ApplicationScoped
public class AnswerMemory {

    private static final int SHARE_OF_HEAP = 16;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final long budget;
    private final Duration patience;
    private final Map<UUID, Long> inUse = new HashMap<>();
    private final Set<Turn> waiting = new LinkedHashSet<>();
    private long inUseOfAll;

    @Inject
    AnswerMemory() {
        this(Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP, PATIENCE);
    }

    /** From the start on, not only when the first large answer is asked for. */
    void show(@Observes StartupEvent event, MeterRegistry registry) {
        Gauge.builder("reliably.answers.memory", this, AnswerMemory::inUse)
                .description("Memory that large answers which are under way take")
                .baseUnit("bytes")
                .register(registry);
    }

    AnswerMemory(long budget, Duration patience) {
        this.budget = budget;
        this.patience = patience;
    }

    /** One answer's room, asked for, had, or given back. */
    static final class Turn {
        private final UUID orgId;
        private final long size;
        private UniEmitter<? super Void> emitter;
        private boolean admitted;
        private boolean left;

        private Turn(UUID orgId, long size) {
            this.orgId = orgId;
            this.size = size;
        }
    }

    /** Room for an answer that is to be made, which is not had before {@link #enter}. */
    Turn turn(UUID orgId, long size) {
        return new Turn(orgId, size);
    }

    /**
     * Waits for the room.
     *
     * @return on whichever thread gave room back; fails with a 503 where there was none for ten seconds
     */
    Uni<Void> enter(Turn turn) {
        return Uni.createFrom()
                .<Void>emitter(emitter -> {
                    synchronized (this) {
                        turn.emitter = emitter;
                        waiting.add(turn);
                    }
                    admit();
                })
                .ifNoItem()
                .after(patience)
                .recoverWithUni(() -> {
                    leave(turn);
                    return Uni.createFrom()
                            .failure(ProblemException.unavailable("Answers that are under way to slow clients of this"
                                    + " organization, or of all, take the memory that there is for them; come back in a"
                                    + " moment."));
                });
    }

    /** Gives the room back, or stops waiting for it. Can be called again. */
    void leave(Turn turn) {
        synchronized (this) {
            if (turn.left) {
                return;
            }
            turn.left = true;
            waiting.remove(turn);
            if (turn.admitted) {
                inUseOfAll -= turn.size;
                inUse.computeIfPresent(turn.orgId, (org, sum) -> sum == turn.size ? null : sum - turn.size);
            }
        }
        admit();
    }

    private synchronized long inUse() {
        return inUseOfAll;
    }

    private void admit() {
        List<Turn> next = new ArrayList<>();
        synchronized (this) {
            for (Iterator<Turn> turns = waiting.iterator(); turns.hasNext(); ) {
                Turn turn = turns.next();
                if (hasRoom(turn)) {
                    turns.remove();
                    turn.admitted = true;
                    inUseOfAll += turn.size;
                    inUse.merge(turn.orgId, turn.size, Long::sum);
                    next.add(turn);
                }
            }
        }
        next.forEach(turn -> turn.emitter.complete(null));
    }

    private boolean hasRoom(Turn turn) {
        long own = inUse.getOrDefault(turn.orgId, 0L);
        long others = inUseOfAll - own;
        // One that exceeds the share of a small heap is let in alone.
        return inUseOfAll == 0 || own + turn.size <= (budget - others) / 2;
    }
}
