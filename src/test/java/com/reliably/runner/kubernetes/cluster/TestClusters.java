package com.reliably.runner.kubernetes.cluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.deployment.DeploymentPolicy;
import com.reliably.outbound.OutboundClients;
import com.reliably.outbound.TestOutbound;
import com.reliably.testing.KubernetesPolicy;
import com.reliably.testing.MovedClock;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/** The clients of clusters as the server makes them, without the server. */
public final class TestClusters implements AutoCloseable {

    private final Vertx vertx = Vertx.vertx();
    private final MovedClock clock = new MovedClock();
    private KubernetesClusters clusters;

    private TestClusters() {}

    /** Where the operator says nothing, and clusters are elsewhere: all that goes wrong with them is told. */
    public static TestClusters usual() {
        return with(KubernetesPolicy.usual());
    }

    public static TestClusters with(KubernetesPolicy allowed) {
        return with(allowed, Path.of("/var/run/secrets/kubernetes.io/serviceaccount"), null);
    }

    /** Where clusters are on the machine of the server. */
    public static TestClusters nearby(TestOutbound outbound) {
        return with(
                KubernetesPolicy.usual(),
                Path.of("/var/run/secrets/kubernetes.io/serviceaccount"),
                null,
                outbound.clients());
    }

    /**
     * In a Pod.
     *
     * @param serviceAccount where its files are
     * @param apiServer      host and port of the API server; null outside
     */
    public static TestClusters with(KubernetesPolicy allowed, Path serviceAccount, String apiServer) {
        return with(allowed, serviceAccount, apiServer, TestOutbound.elsewhere().clients());
    }

    private static TestClusters with(
            KubernetesPolicy allowed, Path serviceAccount, String apiServer, OutboundClients outbound) {
        TestClusters test = new TestClusters();
        Settings settings = new Settings(serviceAccount);
        ObjectMapper json = new ObjectMapper();
        Optional<String[]> address = Optional.ofNullable(apiServer).map(text -> text.split(":"));
        test.clusters = new KubernetesClusters(
                new Policy(allowed),
                settings,
                new ClusterClientFactory(test.vertx, outbound, new KubernetesSerialization(), settings),
                new InClusterAccess(settings, address.map(parts -> parts[0]), address.map(parts -> parts[1]), json),
                new InClusterPermission(
                        allowed.inClusterAllowed(), () -> Uni.createFrom().item(false), id -> Uni.createFrom()
                                .item("")),
                outbound,
                new EksTokenSigner(),
                json,
                test.clock,
                test.vertx);
        return test;
    }

    public KubernetesClusters clusters() {
        return clusters;
    }

    public Vertx vertx() {
        return vertx;
    }

    public Clock clock() {
        return clock;
    }

    /** Lets time pass for the clients. */
    public void pass(Duration time) {
        clock.move(time);
    }

    @Override
    public void close() {
        clusters.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private record Policy(DeploymentPolicy.Kubernetes kubernetes) implements DeploymentPolicy {

        @Override
        public Docker docker() {
            throw new UnsupportedOperationException();
        }

        @Override
        public GitHub gitHub() {
            throw new UnsupportedOperationException();
        }
    }

    private record Settings(Path serviceAccountDirectory) implements ClusterSettings {

        @Override
        public Duration connectsWithin() {
            return Duration.ofSeconds(5);
        }

        @Override
        public Duration answersWithin() {
            return Duration.ofSeconds(20);
        }

        @Override
        public Duration nearbyTimeout() {
            return Duration.ofSeconds(3);
        }

        @Override
        public int connections() {
            return 20;
        }

        @Override
        public Duration idleAfter() {
            return Duration.ofMinutes(10);
        }
    }
}
