package com.reliably.runner;

import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;

/**
 * The Vert.x context that somebody comes from. Where several wait for the same, it happens on the context of one of them, or of
 * a request; each goes on on their own, on which hangs what their lines of the log say (the run).
 */
public final class HomeContext {

    private HomeContext() {}

    /** The same, emitted on the context of who subscribes; wherever it happens, where that has none. */
    public static <T> Uni<T> keptBy(Uni<T> shared) {
        return Uni.createFrom().deferred(() -> {
            Context home = Vertx.currentContext();
            return home == null ? shared : shared.emitOn(work -> home.runOnContext(ignored -> work.run()));
        });
    }
}
