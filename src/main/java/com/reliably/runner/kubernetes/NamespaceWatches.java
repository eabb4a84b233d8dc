package com.reliably.runner.kubernetes;

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

    /** The watch of a namespace, begun if need be. To be followed at once, or it may be closed again. */
    NamespaceWatch of(KubernetesClient client, String namespace) {
        return open.computeIfAbsent(new Key(client, namespace), key -> {
            NamespaceWatch watch = new NamespaceWatch(client, namespace, work);
            watch.start();
            return watch;
        });
    }

    List<NamespaceWatch> all() {
        return List.copyOf(open.values());
    }

    @Scheduled(every = "1m", concurrentExecution = Scheduled.ConcurrentExecution.SKIP, identity = "kubernetes-watches")
    void closeIdle() {
        open.forEach((key, watch) -> {
            boolean useless =
                    watch.isIdleFor(LINGER) || key.client().getHttpClient().isClosed();
            if (useless && open.remove(key, watch)) {
                watch.stop();
            }
        });
    }

    @PreDestroy
    void stop() {
        open.values().forEach(NamespaceWatch::stop);
    }
}
