package com.reliably.runner.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Map;
import java.util.Queue;
import java.util.WeakHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * The threads on which calls to API servers wait for their answers: few, and none that others need. One cluster gets some of
 * them at most, so that a cluster which does not answer holds up nothing but itself.
 */
@Singleton
final class ClusterWork {

    private static final Logger LOG = Logger.getLogger(ClusterWork.class);

    private static final int THREADS = 16;
    private static final int MOST_FOR_ONE_CLIENT = 5;
    private static final int MOST_WAITING = 5_000;

    private final ThreadPoolExecutor threads;
    /** Clients come and go; who has none any more has no calls either. */
    private final Map<KubernetesClient, Lane> lanes = Collections.synchronizedMap(new WeakHashMap<>());

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

    /** Makes a call with a client, that waits; null is an item. */
    <T> Uni<T> call(KubernetesClient client, Supplier<T> call) {
        return Uni.createFrom()
                .item(call)
                .runSubscriptionOn(lanes.computeIfAbsent(client, ignored -> new Lane(threads)));
    }

    /** What one client has to do: a few things at a time, the others behind them. */
    private static final class Lane implements Executor {

        private final Executor threads;
        private final Queue<Runnable> waiting = new ArrayDeque<>();
        private int underWay;

        Lane(Executor threads) {
            this.threads = threads;
        }

        @Override
        public void execute(Runnable work) {
            synchronized (this) {
                if (underWay >= MOST_FOR_ONE_CLIENT) {
                    if (waiting.size() >= MOST_WAITING) {
                        throw new RejectedExecutionException("too many calls wait for this cluster");
                    }
                    waiting.add(work);
                    return;
                }
                underWay++;
            }
            begin(work);
        }

        private void begin(Runnable work) {
            try {
                threads.execute(() -> carryOut(work));
            } catch (RejectedExecutionException e) {
                synchronized (this) {
                    underWay--;
                }
                throw e;
            }
        }

        private void carryOut(Runnable work) {
            for (Runnable now = work; now != null; now = next()) {
                try {
                    now.run();
                } catch (RuntimeException e) {
                    LOG.error("A call to a cluster was not told how it ended", e);
                }
            }
        }

        private synchronized Runnable next() {
            Runnable next = waiting.poll();
            if (next == null) {
                underWay--;
            }
            return next;
        }
    }
}
