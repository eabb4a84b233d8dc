package com.reliably.runner.docker;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that wait for an engine's answers: a few for each engine, so that one that has ceased to answer holds up nobody
 * else's. They end where there is nothing to do.
 */
final class EngineWorkers {

    private static final int IDLE_SECONDS = 15;

    private final ThreadPoolExecutor threads;

    /**
     * Makes no thread yet.
     *
     * @param atOnce  how many calls there are at once, each on a thread of its own
     * @param waiting how many more may wait
     */
    EngineWorkers(int atOnce, int waiting) {
        AtomicInteger number = new AtomicInteger();
        threads = new ThreadPoolExecutor(
                atOnce, atOnce, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(waiting), work -> {
                    Thread thread = new Thread(work, "docker-call-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * Calls what waits for an engine. Its thread is interrupted where nobody waits for the outcome any more.
     *
     * @return fails with what the call throws, or {@link RejectedExecutionException} where too many wait
     */
    <T> Uni<T> call(Callable<T> call) {
        return Uni.createFrom().emitter(emitter -> {
            Call<T> begun = new Call<>(call, emitter);
            emitter.onTermination(() -> begun.cancel(true));
            threads.execute(begun);
        });
    }

    /** A call, whose outcome is told when its thread can no longer be interrupted for it. */
    private static final class Call<T> extends FutureTask<T> {

        private final UniEmitter<? super T> emitter;

        Call(Callable<T> call, UniEmitter<? super T> emitter) {
            super(call);
            this.emitter = emitter;
        }

        @Override
        protected void done() {
            if (isCancelled()) {
                return;
            }
            try {
                emitter.complete(get());
            } catch (ExecutionException e) {
                emitter.fail(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                emitter.fail(e);
            }
        }

        void reject() {
            setException(new RejectedExecutionException("The engine is no longer used by this server"));
        }
    }

    /** Interrupts the calls that are going on, and begins no other. */
    void close() {
        threads.shutdownNow().forEach(waiting -> ((Call<?>) waiting).reject());
    }
}
