package com.reliably.runner;

import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.smallrye.common.vertx.VertxContext;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HomeContextTest {

    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void stop() {
        vertx.close()
                .toCompletionStage()
                .toCompletableFuture()
                .orTimeout(60, TimeUnit.SECONDS)
                .join();
    }

    @Test
    void eachOfThoseWhoWaitGoesOnWhereItComesFrom() {
        CompletableFuture<String> happens = new CompletableFuture<>();
        Uni<String> shared = HomeContext.keptBy(
                Uni.createFrom().completionStage(happens).memoize().indefinitely());
        Context one = VertxContext.createNewDuplicatedContext(vertx.getOrCreateContext());
        Context other = VertxContext.createNewDuplicatedContext(vertx.getOrCreateContext());
        assertNotSame(one, other);
        CompletableFuture<Context> oneGoesOn = waitOn(one, shared);
        CompletableFuture<Context> otherGoesOn = waitOn(other, shared);
        CompletableFuture<Context> elsewhere =
                shared.map(ignored -> Vertx.currentContext()).subscribeAsCompletionStage();
        vertx.getOrCreateContext().runOnContext(ignored -> happens.complete("something"));
        assertSame(one, oneGoesOn.orTimeout(60, TimeUnit.SECONDS).join());
        assertSame(other, otherGoesOn.orTimeout(60, TimeUnit.SECONDS).join());
        elsewhere.orTimeout(60, TimeUnit.SECONDS).join();
    }

    private static CompletableFuture<Context> waitOn(Context context, Uni<String> shared) {
        CompletableFuture<Context> goesOn = new CompletableFuture<>();
        context.runOnContext(ignored -> shared.subscribe()
                .with(what -> goesOn.complete(Vertx.currentContext()), goesOn::completeExceptionally));
        return goesOn;
    }
}
