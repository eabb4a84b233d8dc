package com.reliably.web;

import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Lets large bodies that have arrived be understood and stored only as memory permits: one is held several times over
 * meanwhile, so that a few dozen of the largest at once would need gigabytes. The others wait, each organization in turn. None
 * waits for a client here: whoever has its turn is whole.
 */
@ApplicationScoped
class LargeBodies {

    /** The bytes that no heap is too small for, even with a body of this size on every connection. */
    private static final long SMALL = 64 * 1024;

    /** The largest request needs about eight times its size; as much again stays for everything else. */
    private static final int SHARE_OF_HEAP = 16;

    private final long budget = Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP;
    /** Those who wait, by organization; whose turn is next comes first. */
    private final Map<UUID, Deque<Turn>> waiting = new LinkedHashMap<>();

    private long inUse;

    private record Turn(UUID organization, long size, Runnable begin) {}

    /**
     * Has something done with a body when it is its turn; at once where it is small. The turn lasts until the request has ended.
     *
     * @param size  of the body, in bytes
     * @param begin called by any thread
     */
    void inTurn(RoutingContext http, BodyOwner owner, long size, Runnable begin) {
        if (size <= SMALL) {
            begin.run();
            return;
        }
        Turn turn = new Turn(owner.organization(), size, begin);
        // Also where the client goes away while it waits.
        http.addEndHandler(ignored -> leave(turn));
        synchronized (this) {
            waiting.computeIfAbsent(turn.organization, ignored -> new ArrayDeque<>())
                    .add(turn);
        }
        admit();
    }

    private void leave(Turn turn) {
        synchronized (this) {
            Deque<Turn> own = waiting.get(turn.organization);
            if (own != null && own.removeIf(other -> other == turn)) {
                if (own.isEmpty()) {
                    waiting.remove(turn.organization);
                }
            } else {
                inUse -= turn.size;
            }
        }
        admit();
    }

    private void admit() {
        List<Turn> next = new ArrayList<>();
        synchronized (this) {
            while (!waiting.isEmpty()) {
                UUID organization = waiting.keySet().iterator().next();
                Deque<Turn> own = waiting.get(organization);
                Turn turn = own.peek();
                // The largest request exceeds the share of a small heap; alone it is let in all the same.
                if (inUse > 0 && inUse + turn.size > budget) {
                    break;
                }
                own.poll();
                waiting.remove(organization);
                if (!own.isEmpty()) {
                    waiting.put(organization, own);
                }
                inUse += turn.size;
                next.add(turn);
            }
        }
        next.forEach(turn -> turn.begin.run());
    }
}
