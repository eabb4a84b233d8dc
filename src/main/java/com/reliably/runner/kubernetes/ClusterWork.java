package com.reliably.runner.kubernetes;

import io.smallrye.mutiny.Uni;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * The threads on which calls to API servers wait for their answers: few, and none that others need, so that a cluster
 * which does not answer holds up nothing but clusters.
 */
@Singleton
final class ClusterWork {

    private static final int THREADS = 16;
    private static final int MOST_WAITING = 5_000;

    private final ThreadPoolExecutor threads;

    ClusterWork() {
        AtomicInteger number = new AtomicInteger();
        threads = new ThreadPoolExecutor(
                THREADS, THREADS, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MOST_WAITING), work -> {
                    Thread thread = new Thread(work, "kubernetes-call-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    @PreDestroy
    void stop() {
        threads.shutdownNow();
    }

    /** Makes a call that waits; null is an item. */
    <T> Uni<T> call(Supplier<T> call) {
        return Uni.createFrom().item(call).runSubscriptionOn(threads);
    }
}
