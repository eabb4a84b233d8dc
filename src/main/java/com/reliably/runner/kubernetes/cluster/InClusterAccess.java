package com.reliably.runner.kubernetes.cluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.deployment.ClusterAccess;
import com.reliably.deployment.ClusterAccess.Token;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.NotAllowed;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * How this server reaches the cluster that it runs in itself: what Kubernetes puts into every Pod that has a service
 * account. Reads files, for workers only.
 */
@Singleton
final class InClusterAccess {

    private final Path directory;
    private final Optional<String> host;
    private final Optional<String> port;
    private final ObjectMapper json;

    InClusterAccess(
            ClusterSettings settings,
            @ConfigProperty(name = "kubernetes.service.host") Optional<String> host,
            @ConfigProperty(name = "kubernetes.service.port") Optional<String> port,
            ObjectMapper json) {
        this.directory = settings.serviceAccountDirectory();
        this.host = host;
        this.port = port;
        this.json = json;
    }

    /** The access as it is now; fails with {@link NotAllowed} where this server runs in no cluster. */
    ClusterAccess read() {
        if (host.isEmpty() || port.isEmpty()) {
            throw new NotAllowed(
                    "use_in_cluster_credentials is for a server that runs in a Pod, and this one does not.",
                    "Give a kubeconfig in credentials.",
                    null);
        }
        String name = host.get().contains(":") ? "[" + host.get() + "]" : host.get();
        return new ClusterAccess(
                URI.create("https://" + name + ":" + port.get()),
                file("ca.crt"),
                false,
                null,
                null,
                new Token(file("token").strip()),
                null,
                null);
    }

    private String file(String name) {
        try {
            return Files.readString(directory.resolve(name));
        } catch (IOException e) {
            throw new NotAllowed(
                    "This server's Pod has no credentials for its cluster: " + directory.resolve(name)
                            + " cannot be read.",
                    "Give the Pod a service account, with automountServiceAccountToken: true.",
                    e);
        }
    }

    /** The token as the kubelet last wrote it, which it does before the old one ends. */
    RenewedToken token() {
        return new RenewedToken();
    }

    /** A token in a file that others keep fresh. */
    final class RenewedToken implements BearerToken {

        private volatile GivenToken token = new GivenToken(null, json);

        private RenewedToken() {}

        /** Reads the file again; the old token stays where that fails. */
        void renew() {
            String read = file("token").strip();
            if (!read.equals(token.getToken())) {
                token = new GivenToken(read, json);
            }
        }

        @Override
        public String getToken() {
            return token.getToken();
        }

        @Override
        public Instant expiry() {
            return token.expiry();
        }
    }
}
