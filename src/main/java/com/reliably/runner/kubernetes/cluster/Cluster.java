package com.reliably.runner.kubernetes.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Instant;

/** One client, and who uses it. */
final class Cluster {

    private final String key;
    private final KubernetesClient client;
    private final BearerToken token;
    private final ClusterExplanation explanation;
    private final Uni<Void> proof;
    private final Clock clock;
    private int leases;
    private Instant usedAt;
    private boolean closed;

    /** @param proof that an API server answers; made once, with the first use */
    Cluster(
            String key,
            KubernetesClient client,
            BearerToken token,
            ClusterExplanation explanation,
            Uni<Void> proof,
            Clock clock) {
        this.key = key;
        this.client = client;
        this.token = token;
        this.explanation = explanation;
        this.proof = proof.memoize().indefinitely();
        this.clock = clock;
        this.usedAt = clock.instant();
    }

    String key() {
        return key;
    }

    KubernetesClient client() {
        return client;
    }

    BearerToken token() {
        return token;
    }

    /** Fails where something else than an API server answers, or nothing. */
    Uni<Void> proof() {
        return proof;
    }

    Throwable explain(Throwable failure) {
        return explanation.of(failure, clock.instant());
    }

    ClusterFailure noApiServer(Throwable failure) {
        return explanation.noApiServer(failure);
    }

    /** Begins a use; false where the client was closed. */
    synchronized boolean take() {
        if (closed) {
            return false;
        }
        leases++;
        usedAt = clock.instant();
        return true;
    }

    synchronized void release() {
        leases--;
        usedAt = clock.instant();
    }

    /** Closes the client unless it is in use, or was since then. */
    boolean closeIfUnusedSince(Instant then) {
        synchronized (this) {
            if (closed || leases > 0 || !usedAt.isBefore(then)) {
                return closed;
            }
            closed = true;
        }
        client.close();
        return true;
    }

    void closeNow() {
        synchronized (this) {
            closed = true;
        }
        client.close();
    }
}
