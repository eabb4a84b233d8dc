package com.reliably.outbound;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.impl.VertxInternal;
import java.net.UnknownHostException;

/**
 * Makes the clients by which this server connects to anything for deployments. Every connection of theirs goes to an address
 * that was decided about, and to no other that its name may have by then. Through a proxy, which only the operator can name,
 * it is the proxy that resolves names, and that has to refuse.
 */
public class OutboundClients {

    private final OutboundPolicy policy;

    OutboundClients(OutboundPolicy policy) {
        this.policy = policy;
    }

    /** A client whose every connection is decided about. It follows no redirects, and has no web sockets. */
    public HttpClient client(Vertx vertx, HttpClientOptions options, OutboundRules rules) {
        return new GuardedHttpClient(vertx, vertx.createHttpClient(options), options, policy, rules);
    }

    /** A Vert.x for a library that makes its client itself, which is then one of these. */
    public Vertx guarded(Vertx vertx, OutboundRules rules) {
        return new GuardedVertx((VertxInternal) vertx, this, rules);
    }

    /**
     * Decides about a host now, ahead of any connection. May block.
     *
     * @return whether it is nearby, so that people may be told nothing of what goes wrong there
     * @throws RefusedAddress       where nothing is connected to there
     * @throws UnknownHostException where nobody knows its name
     */
    public boolean isNearby(String host, int port, OutboundRules rules) throws UnknownHostException {
        return policy.target(host, port, rules).nearby();
    }

    /** Decides about a host without blocking; the target, or a failure as above. */
    static Future<OutboundPolicy.Target> target(
            Vertx vertx, OutboundPolicy policy, String host, int port, OutboundRules rules) {
        return vertx.executeBlocking(() -> policy.target(host, port, rules), false);
    }
}
