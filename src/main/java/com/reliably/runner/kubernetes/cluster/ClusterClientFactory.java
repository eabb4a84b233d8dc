package com.reliably.runner.kubernetes.cluster;

import com.reliably.deployment.ClusterAccess;
import com.reliably.deployment.ClusterAccess.Basic;
import com.reliably.deployment.ClusterAccess.ClientCertificate;
import com.reliably.deployment.ClusterAccess.Impersonation;
import com.reliably.outbound.OutboundClients;
import com.reliably.outbound.OutboundRules;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.NotAllowed;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.client.vertx.VertxHttpClientFactory;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.ext.web.client.WebClientOptions;
import jakarta.inject.Singleton;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Map;
import javax.net.ssl.KeyManager;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * Makes clients from nothing but an access: no variable, file or system property of this server has a say in where they
 * go, as whom, or whom they trust.
 */
@Singleton
final class ClusterClientFactory {

    private static final String WRITE_ANEW =
            "'kubectl config view --minify --flatten --raw' writes a kubeconfig with the right ones.";

    private static final int RETRIES = 2;
    private static final int RETRY_AFTER_MILLIS = 200;
    /** Doubled with each try, but five times at most: 3.2 s are the longest that a cluster is back and nobody has noticed. */
    private static final int WATCH_AGAIN_AFTER_MILLIS = 100;
    /** Requests that wait for a connection, for each connection; more fail at once. */
    private static final int WAITING_PER_CONNECTION = 4;

    private static final int LARGEST_MESSAGE = 16 * 1024 * 1024;

    private final Vertx vertx;
    private final OutboundClients outbound;
    private final KubernetesSerialization serialization;
    private final ClusterSettings settings;

    ClusterClientFactory(
            Vertx vertx, OutboundClients outbound, KubernetesSerialization serialization, ClusterSettings settings) {
        this.vertx = vertx;
        this.outbound = outbound;
        this.serialization = serialization;
        this.settings = settings;
    }

    /**
     * A client, which nobody has used yet. Reads certificates, for workers only.
     *
     * @param rules for its connections, unless they are made through a proxy
     */
    KubernetesClient make(ClusterAccess access, BearerToken token, OutboundRules rules) {
        KeyManager[] keys = access.certificate() == null ? null : keysOf(access.certificate());
        TrustManager[] trust = trustOf(access);
        return new KubernetesClientBuilder()
                .withConfig(configOf(access, token))
                .withKubernetesSerialization(serialization)
                .withHttpClientFactory(
                        new BoundedHttpClients(access.proxy() == null ? outbound.guarded(vertx, rules) : vertx))
                // The client's own way of reading these would add what this server trusts, and its own certificate.
                .withHttpClientBuilderConsumer(builder -> builder.sslContext(keys, trust))
                // It would make threads of its own otherwise, for each cluster.
                .withTaskExecutor(Infrastructure.getDefaultWorkerPool())
                .build();
    }

    private Config configOf(ClusterAccess access, BearerToken token) {
        ConfigBuilder config = new ConfigBuilder(Config.empty())
                .withMasterUrl(access.server().toString())
                // Asked for with each request; without one, the client would look for another by itself.
                .withOauthTokenProvider(token)
                // Web sockets cannot be held to an address that was decided about.
                .withOnlyHttpWatches(true)
                .withUserAgent("reliably-server")
                .withConnectionTimeout(Math.toIntExact(settings.connectsWithin().toMillis()))
                .withRequestTimeout(Math.toIntExact(settings.answersWithin().toMillis()))
                .withRequestRetryBackoffLimit(RETRIES)
                .withRequestRetryBackoffInterval(RETRY_AFTER_MILLIS)
                .withWatchReconnectInterval(WATCH_AGAIN_AFTER_MILLIS);
        if (access.proxy() != null) {
            config.withHttpsProxy(access.proxy().toString());
        }
        if (access.credentials() instanceof Basic basic) {
            config.withUsername(basic.username()).withPassword(basic.password());
        }
        if (access.impersonation() != null) {
            impersonate(config, access.impersonation());
        }
        return config.build();
    }

    private static void impersonate(ConfigBuilder config, Impersonation whom) {
        config.withImpersonateUsername(whom.user())
                .withImpersonateGroups(whom.groups().toArray(String[]::new))
                .withImpersonateExtras(whom.extra());
        if (whom.uid() != null) {
            config.withCustomHeaders(Map.of("Impersonate-Uid", whom.uid()));
        }
    }

    /** The authority of the kubeconfig, and no other where it names one. */
    private TrustManager[] trustOf(ClusterAccess access) {
        try {
            if (access.insecure()) {
                return SSLUtils.trustManagers(null, null, true, null, null);
            }
            if (access.authority() == null) {
                TrustManagerFactory usual = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                usual.init((KeyStore) null);
                return usual.getTrustManagers();
            }
            return new PemTrustOptions()
                    .addCertValue(Buffer.buffer(access.authority()))
                    .getTrustManagerFactory(vertx)
                    .getTrustManagers();
        } catch (Exception e) {
            throw new NotAllowed(
                    "The 'certificate-authority-data' of the kubeconfig are no certificates.", WRITE_ANEW, e);
        }
    }

    private KeyManager[] keysOf(ClientCertificate certificate) {
        try {
            return new PemKeyCertOptions()
                    .addCertValue(Buffer.buffer(certificate.certificate()))
                    .addKeyValue(Buffer.buffer(certificate.key()))
                    .getKeyManagerFactory(vertx)
                    .getKeyManagers();
        } catch (Exception e) {
            // Without its cause, which may quote the key.
            throw noCertificate();
        }
    }

    private static NotAllowed noCertificate() {
        return new NotAllowed(
                "The 'client-certificate-data' and 'client-key-data' of the kubeconfig are not a certificate and its"
                        + " private key (RSA or EC, without a passphrase).",
                WRITE_ANEW,
                null);
    }

    /** The client's own certificate; null where it has none. */
    static X509Certificate certificateOf(ClusterAccess access) {
        if (access.certificate() == null) {
            return null;
        }
        try {
            byte[] pem = access.certificate().certificate().getBytes(StandardCharsets.US_ASCII);
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(pem));
        } catch (CertificateException e) {
            throw noCertificate();
        }
    }

    /** Connections of one cluster, on the event loops that there are anyway. */
    private final class BoundedHttpClients extends VertxHttpClientFactory {

        BoundedHttpClients(Vertx guarded) {
            super(guarded);
        }

        @Override
        protected void additionalConfig(WebClientOptions options) {
            options.setMaxPoolSize(settings.connections())
                    .setMaxWaitQueueSize(settings.connections() * WAITING_PER_CONNECTION)
                    .setMaxWebSockets(settings.connections())
                    .setMaxWebSocketFrameSize(LARGEST_MESSAGE)
                    .setMaxWebSocketMessageSize(LARGEST_MESSAGE)
                    .setVerifyHost(true)
                    // An answer must not say where else to go, with the token.
                    .setFollowRedirects(false);
        }
    }
}
