package com.reliably.runner.kubernetes.cluster;

import com.reliably.runner.kubernetes.cluster.ClusterFailure.NotAllowed;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.Unreachable;
import java.net.URI;

/**
 * The one thing that is said of an address that is refused, or is near to this server, and at which no API server answers:
 * whoever writes kubeconfigs must not learn from it what listens where (docs/adr/0024).
 */
final class NearbyWords {

    private static final String REMEDY =
            "Give the address at which other machines reach the cluster. More is not said of"
                    + " addresses of this server's own machine, or in networks that are refused: its operator sees to them in"
                    + " RELIABLY_OUTBOUND_LOOPBACK_ALLOWED, RELIABLY_OUTBOUND_REFUSED_NETWORKS and"
                    + " RELIABLY_KUBERNETES_REFUSED_NETWORKS, and can try the kubeconfig with kubectl on this machine.";

    private NearbyWords() {}

    /** Nothing is connected to there. */
    static NotAllowed refused(URI server) {
        return new NotAllowed(problem(server), REMEDY, null);
    }

    /** What answers, if anything does, is no API server. */
    static Unreachable unanswered(URI server) {
        return new Unreachable(problem(server), REMEDY, null);
    }

    private static String problem(URI server) {
        return "This server reaches no API server at " + server + ".";
    }
}
