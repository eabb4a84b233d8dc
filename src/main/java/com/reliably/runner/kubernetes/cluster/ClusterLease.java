package com.reliably.runner.kubernetes.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.smallrye.mutiny.Uni;
import java.util.concurrent.atomic.AtomicBoolean;

/** A shared client that stays open for as long as somebody needs it, as a watch does. */
public final class ClusterLease implements AutoCloseable {

    private final Cluster cluster;
    private final AtomicBoolean closed = new AtomicBoolean();

    ClusterLease(Cluster cluster) {
        this.cluster = cluster;
    }

    /** The shared client, not to be closed. The same for all leases of the same cluster and credentials. */
    public KubernetesClient client() {
        return cluster.client();
    }

    /** Fails where something else than an API server answers, or nothing. */
    Uni<Void> proof() {
        return cluster.proof();
    }

    /** What a failure of this client means: one of {@link ClusterFailure} where it is one, else as it is. */
    public Throwable explain(Throwable failure) {
        return cluster.explain(failure);
    }

    /** The failure of a call that an API server would have answered otherwise. */
    public ClusterFailure noApiServer(Throwable failure) {
        return cluster.noApiServer(failure);
    }

    /** Ends the lease. The client is closed once nobody has used it for a while. May be called again. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            cluster.release();
        }
    }
}
