package com.reliably.runner.kubernetes;

import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Wakes the one who looks at something when it has changed. A ring that comes during the look is not lost. */
final class Bell {

    private CompletableFuture<Void> rung = new CompletableFuture<>();

    /** Something has changed. */
    void ring() {
        CompletableFuture<Void> waiting;
        synchronized (this) {
            waiting = rung;
        }
        waiting.complete(null);
    }

    /** To be called before a look: what rings from now on ends the next wait. */
    synchronized void listen() {
        // A new one each time: who waited in vain would otherwise be remembered for as long as nothing rings.
        rung = new CompletableFuture<>();
    }

    /** Waits for a ring, but no longer than that. */
    Uni<Void> waitAtMost(Duration longest) {
        CompletableFuture<Void> waiting;
        synchronized (this) {
            waiting = rung;
        }
        // A copy: to give up waiting is no ring.
        return Uni.createFrom()
                .completionStage(waiting.thenApply(ignored -> (Void) null))
                .ifNoItem()
                .after(longest)
                .recoverWithItem((Void) null);
    }
}
