package com.reliably.runner.kubernetes;

import com.reliably.runner.kubernetes.cluster.ClusterLease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.scheduler.Scheduled;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The watches that this server has open: one for each namespace of each cluster in which it has runs or schedules. */
@Singleton
final class NamespaceWatches {

    /** Long enough for the next run to find it, and for what a crash left to be found by it. */
    private static final Duration LINGER = Duration.ofMinutes(5);

    private final ClusterWork work;
    private final Map<Key, NamespaceWatch> open = new ConcurrentHashMap<>();

    NamespaceWatches(ClusterWork work) {
        this.work = work;
    }

    /** A client is one of a cluster with certain credentials. */
    private record Key(KubernetesClient client, String namespace) {}

    /**
     * The watch of a namespace, begun if need be. To be followed at once, or it may be closed again.
     *
     * @param lease taken over
     */
    NamespaceWatch of(ClusterLease lease, String namespace) {
        return open.compute(new Key(lease.client(), namespace), (key, known) -> {
            if (known != null && !known.isStopped()) {
                lease.close();
                return known;
            }
            try {
                NamespaceWatch fresh = new NamespaceWatch(lease, namespace, work);
                fresh.start();
                return fresh;
            } catch (RuntimeException e) {
                lease.close();
                throw e;
            }
        });
    }

    List<NamespaceWatch> all() {
        return List.copyOf(open.values());
    }

    @Scheduled(every = "1m", concurrentExecution = Scheduled.ConcurrentExecution.SKIP, identity = "kubernetes-watches")
    void closeIdle() {
        open.forEach((key, watch) -> {
            if ((watch.isIdleFor(LINGER) || watch.isStopped()) && open.remove(key, watch)) {
                watch.stop();
            }
        });
    }

    @PreDestroy
    void stop() {
        open.values().forEach(NamespaceWatch::stop);
        open.clear();
    }
}
