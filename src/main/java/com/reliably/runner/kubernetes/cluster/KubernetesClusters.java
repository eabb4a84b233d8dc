package com.reliably.runner.kubernetes.cluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.deployment.ClusterAccess;
import com.reliably.deployment.ClusterAccess.Eks;
import com.reliably.deployment.ClusterAccess.Token;
import com.reliably.deployment.ClusterReach;
import com.reliably.deployment.DeploymentPolicy;
import com.reliably.deployment.Kubeconfig;
import com.reliably.deployment.KubernetesJobDefinition;
import com.reliably.deployment.RefusedKubeconfig;
import com.reliably.outbound.Origin;
import com.reliably.outbound.OutboundClients;
import com.reliably.outbound.OutboundRules;
import com.reliably.outbound.RefusedAddress;
import com.reliably.outbound.UrlHost;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.NotAllowed;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.Unreachable;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.core.Vertx;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * The clusters that deployments name: one client for each cluster with its credentials, whatever the number of deployments
 * and runs. A client that nobody has used for a while is closed; one that is {@linkplain #lease leased} is kept.
 */
@Singleton
public class KubernetesClusters {

    private static final Logger LOG = Logger.getLogger(KubernetesClusters.class);
    private static final String IN_CLUSTER = "in-cluster";
    private static final long LOOK_EVERY_MILLIS = 30_000;
    private static final int KEY_LENGTH = 16;
    private static final int HTTPS_PORT = 443;
    /** More than that are closed sooner. */
    private static final int MOST_KEPT = 200;
    /** For how long one that was handed out without a lease is certainly not closed. */
    private static final Duration USED_FOR = Duration.ofMinutes(2);

    private final DeploymentPolicy policy;
    private final ClusterSettings settings;
    private final ClusterClientFactory factory;
    private final InClusterAccess inCluster;
    private final InClusterPermission permission;
    private final OutboundClients outbound;
    private final ApiServerProof proof;
    private final EksTokenSigner eksSigner;
    private final ObjectMapper json;
    private final Clock clock;
    private final Vertx vertx;
    private final long timer;
    private final Map<String, Cluster> clusters = new ConcurrentHashMap<>();
    private volatile boolean closed;

    KubernetesClusters(
            DeploymentPolicy policy,
            ClusterSettings settings,
            ClusterClientFactory factory,
            InClusterAccess inCluster,
            InClusterPermission permission,
            OutboundClients outbound,
            EksTokenSigner eksSigner,
            ObjectMapper json,
            Clock clock,
            Vertx vertx) {
        this.policy = policy;
        this.settings = settings;
        this.factory = factory;
        this.inCluster = inCluster;
        this.permission = permission;
        this.outbound = outbound;
        this.proof = new ApiServerProof(json, settings.nearbyTimeout());
        this.eksSigner = eksSigner;
        this.json = json;
        this.clock = clock;
        this.vertx = vertx;
        this.timer = vertx.setPeriodic(LOOK_EVERY_MILLIS, id -> look().subscribe()
                .with(done -> {}, failure -> LOG.warn("The clients of clusters were not looked after", failure)));
    }

    /**
     * The shared client of the deployment's cluster and credentials. Not to be closed, and not to be kept for longer than a
     * minute; see {@link #lease} for more. Emitted on a worker.
     *
     * @param definition with its secrets in clear
     * @return fails with {@link ClusterFailure} where this server does not go there
     */
    public Uni<KubernetesClient> clientFor(UUID orgId, KubernetesJobDefinition definition) {
        return lease(orgId, definition).map(lease -> {
            lease.close();
            return lease.client();
        });
    }

    /**
     * Has a worker do something with the deployment's cluster, that may block for as long as requests take.
     *
     * @return fails with {@link ClusterFailure} where the cluster, or the way there, is why
     */
    public <T> Uni<T> call(UUID orgId, KubernetesJobDefinition definition, Function<KubernetesClient, T> work) {
        return lease(orgId, definition).chain(lease -> Uni.createFrom()
                .item(() -> work.apply(lease.client()))
                .onFailure()
                .transform(lease::explain)
                .onTermination()
                .invoke(lease::close));
    }

    /**
     * The shared client, which stays open until the lease is closed. Emitted on a worker.
     *
     * @param definition with its secrets in clear
     * @return fails with {@link ClusterFailure} where this server does not go there
     */
    public Uni<ClusterLease> lease(UUID orgId, KubernetesJobDefinition definition) {
        Uni<Boolean> allowed = definition.useInClusterCredentials()
                ? permission.isGiven(orgId)
                : Uni.createFrom().item(true);
        return allowed.chain(
                given -> given ? leaseToEnd(definition) : Uni.createFrom().failure(InClusterPermission.refusal()));
    }

    /** The same, to end or remove what was begun, for which nobody's permission has to last. */
    public Uni<ClusterLease> leaseToEnd(KubernetesJobDefinition definition) {
        return permission
                .isShared()
                // What was known before holds on: nothing else here needs the database.
                .onFailure()
                .recoverWithItem(false)
                .chain(known -> blocking(() -> {
                    if (closed) {
                        throw new Unreachable("This server is being shut down.", "Try again.", null);
                    }
                    return leaseOf(keyOf(definition), definition);
                }))
                .onFailure(RefusedHere.class)
                .recoverWithUni(refused -> proof.lateFailure(((RefusedHere) refused).failure))
                .chain(this::proven);
    }

    private Uni<ClusterLease> proven(ClusterLease lease) {
        return lease.proof()
                .emitOn(Infrastructure.getDefaultWorkerPool())
                .onTermination()
                .invoke((done, failure, cancelled) -> {
                    if (failure != null || cancelled) {
                        lease.close();
                    }
                })
                .replaceWith(lease);
    }

    private void forget(KubernetesClient client) {
        for (Cluster cluster : clusters.values()) {
            if (cluster.client() == client && clusters.remove(cluster.key(), cluster)) {
                cluster.closeNow();
            }
        }
    }

    private ClusterLease leaseOf(String key, KubernetesJobDefinition definition) {
        while (true) {
            Cluster cluster = clusters.get(key);
            if (cluster == null) {
                // Outside of any lock: a name may take long to be looked up. An access that cannot be made fails here.
                Cluster fresh = open(key, definition);
                cluster = clusters.putIfAbsent(key, fresh);
                if (cluster == null) {
                    cluster = fresh;
                    makeRoom();
                } else {
                    fresh.closeNow();
                }
            }
            if (cluster.take()) {
                return new ClusterLease(cluster);
            }
            // It was closed this very moment.
            clusters.remove(key, cluster);
        }
    }

    private void makeRoom() {
        if (clusters.size() > MOST_KEPT) {
            closeUnusedSince(clock.instant().minus(USED_FOR));
        }
    }

    private Cluster open(String key, KubernetesJobDefinition definition) {
        ClusterAccess access = accessOf(definition);
        OutboundRules rules = rulesFor(definition, access);
        boolean nearby = isNearby(access, rules);
        BearerToken token = tokenOf(definition, access);
        if (token instanceof InClusterAccess.RenewedToken renewed) {
            renewed.renew();
        }
        KubernetesClient client = factory.make(access, token, rules);
        LOG.debugf("Client %s of %s opened", key, access.server());
        return new Cluster(
                key,
                client,
                token,
                new ClusterExplanation(
                        access.server(),
                        nearby,
                        new KnownCredentials(access, token, ClusterClientFactory.certificateOf(access))),
                nearby
                        ? proof.of(client, NearbyWords.unanswered(access.server()))
                                .onFailure()
                                .invoke(() -> forget(client))
                        : Uni.createFrom().voidItem(),
                clock);
    }

    private ClusterAccess accessOf(KubernetesJobDefinition definition) {
        if (definition.useInClusterCredentials()) {
            return inCluster.read();
        }
        if (definition.credentials() == null) {
            throw new NotAllowed("The deployment has no credentials.", "Give it a kubeconfig.", null);
        }
        try {
            return Kubeconfig.read(definition.credentials(), policy.kubernetes());
        } catch (RefusedKubeconfig e) {
            if (e.server() != null) {
                throw new RefusedHere(NearbyWords.refused(e.server()));
            }
            throw new NotAllowed(e.getMessage() + ".", "Give the deployment another kubeconfig.", e);
        }
    }

    private BearerToken tokenOf(KubernetesJobDefinition definition, ClusterAccess access) {
        if (definition.useInClusterCredentials()) {
            return inCluster.token();
        }
        if (access.credentials() instanceof Eks keys) {
            return new EksToken(eksSigner, keys, clock);
        }
        return new GivenToken(access.credentials() instanceof Token token ? token.value() : null, json);
    }

    /** The platform says where the cluster is that this server runs in. */
    private OutboundRules rulesFor(KubernetesJobDefinition definition, ClusterAccess access) {
        return new OutboundRules(
                definition.useInClusterCredentials() ? Origin.OPERATOR : Origin.TENANT,
                ClusterReach.of(policy.kubernetes()).refusedNetworks(),
                access.tlsName());
    }

    /** A name of the kubeconfig may lead anywhere; through a proxy, it is the proxy that looks it up. */
    private boolean isNearby(ClusterAccess access, OutboundRules rules) {
        if (access.proxy() != null) {
            return false;
        }
        URI server = access.server();
        try {
            return outbound.isNearby(UrlHost.of(server), UrlHost.portOf(server, HTTPS_PORT), rules);
        } catch (RefusedAddress e) {
            throw new RefusedHere(NearbyWords.refused(server));
        } catch (UnknownHostException e) {
            throw new Unreachable(
                    "The API server at " + server + " cannot be reached: nobody knows its name.",
                    "Check the address in the kubeconfig, and that this server's name service knows it.",
                    null);
        }
    }

    /** Nothing is connected to there; to be told after as long as if it had been. */
    private static final class RefusedHere extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final transient ClusterFailure failure;

        RefusedHere(ClusterFailure failure) {
            super(failure.getMessage(), null, false, false);
            this.failure = failure;
        }
    }

    /** What tells accesses apart, without telling anything of them. */
    private static String keyOf(KubernetesJobDefinition definition) {
        if (definition.useInClusterCredentials()) {
            return IN_CLUSTER;
        }
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(String.valueOf(definition.credentials()).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, KEY_LENGTH);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }

    /** Closes what nobody needs, and reads again what others keep fresh. */
    Uni<Void> look() {
        return blocking(() -> {
            closeUnusedSince(clock.instant().minus(settings.idleAfter()));
            clusters.values().stream()
                    .map(Cluster::token)
                    .filter(InClusterAccess.RenewedToken.class::isInstance)
                    .map(InClusterAccess.RenewedToken.class::cast)
                    .forEach(InClusterAccess.RenewedToken::renew);
            return null;
        });
    }

    private void closeUnusedSince(Instant then) {
        for (Cluster cluster : clusters.values()) {
            if (cluster.closeIfUnusedSince(then)) {
                clusters.remove(cluster.key(), cluster);
                LOG.debugf("Client %s closed, which nobody used", cluster.key());
            }
        }
    }

    @PreDestroy
    void close() {
        closed = true;
        vertx.cancelTimer(timer);
        clusters.values().forEach(Cluster::closeNow);
        clusters.clear();
    }

    private static <T> Uni<T> blocking(Supplier<T> work) {
        return Uni.createFrom().item(work).runSubscriptionOn(Infrastructure.getDefaultWorkerPool());
    }

    /**
     * What is known of credentials in use, for words.
     *
     * @param certificate null where there is none
     */
    private record KnownCredentials(ClusterAccess access, BearerToken token, X509Certificate certificate)
            implements ClusterExplanation.Credentials {

        @Override
        public Optional<String> expired(Instant now) {
            Instant end = access.credentials() instanceof Eks ? null : token.expiry();
            if (end != null && !now.isBefore(end)) {
                return Optional.of("expired at " + end);
            }
            return isCertificateOver()
                    ? Optional.of("expired: the client certificate's time is over")
                    : Optional.empty();
        }

        private boolean isCertificateOver() {
            try {
                if (certificate != null) {
                    certificate.checkValidity();
                }
                return false;
            } catch (CertificateExpiredException e) {
                return true;
            } catch (CertificateNotYetValidException e) {
                return false;
            }
        }

        @Override
        public String remedy() {
            return access.credentials() instanceof Eks
                    ? "Check the AWS keys in users.user.exec.env, and that the cluster knows their owner (an access entry,"
                            + " or the aws-auth ConfigMap)."
                    : "Put new ones into the deployment.";
        }
    }
}
