package com.reliably.web;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.function.Supplier;

/**
 * Work on texts that strangers send: short ones are read where the request is, long ones by a worker, so that no event loop
 * is kept from everybody else's requests. To be begun before a database session is opened: a session waits as long.
 */
public final class TextWork {

    /** Characters that are read on an event loop: some milliseconds, whatever reads them. */
    private static final int SHORT = 16 * 1024;

    private TextWork() {}

    /**
     * Reads.
     *
     * @param length of the text, in characters
     * @param read   runs once for each subscription; what it throws is the failure
     * @return emits on the context of the caller, where it has one
     */
    public static <T> Uni<T> on(int length, Supplier<T> read) {
        Uni<T> work = Uni.createFrom().item(read);
        if (length <= SHORT) {
            return work;
        }
        Context caller = Vertx.currentContext();
        Uni<T> byWorker = work.runSubscriptionOn(Infrastructure.getDefaultWorkerPool());
        return caller == null ? byWorker : byWorker.emitOn(task -> caller.runOnContext(ignored -> task.run()));
    }
}
