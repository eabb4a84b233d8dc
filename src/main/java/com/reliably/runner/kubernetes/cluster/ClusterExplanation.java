package com.reliably.runner.kubernetes.cluster;

import com.fasterxml.jackson.core.JacksonException;
import com.reliably.outbound.NearbyFailure;
import com.reliably.outbound.RefusedAddress;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.CredentialsExpired;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.CredentialsRefused;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.Forbidden;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.Unreachable;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.Untrusted;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.netty.handler.ssl.NotSslRecordException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** Says what a failure of a client means: credentials, rights, trust, or the network. */
final class ClusterExplanation {

    private final URI server;
    private final boolean nearby;
    private final Credentials credentials;

    /** What is known of the credentials in use. */
    interface Credentials {

        /** How it is said that their time is over; empty where it is not, or nobody knows. */
        Optional<String> expired(Instant now);

        /** What to do about credentials that are no good, for people. */
        String remedy();
    }

    /**
     * An explanation.
     *
     * @param nearby whether nothing may be told of what answers there, unless it is an API server
     */
    ClusterExplanation(URI server, boolean nearby, Credentials credentials) {
        this.server = server;
        this.nearby = nearby;
        this.credentials = credentials;
    }

    /** The failure as one of {@link ClusterFailure} where it is one, else as it is. */
    Throwable of(Throwable failure, Instant now) {
        if (failure instanceof ClusterFailure) {
            return failure;
        }
        List<Throwable> causes = causes(failure);
        if (causes.stream().anyMatch(RefusedAddress.class::isInstance)) {
            return NearbyWords.refused(server);
        }
        for (Throwable cause : causes) {
            if (cause instanceof KubernetesClientException answer && answer.getCode() > 0) {
                return nearby && !ApiServerAnswer.isRefusal(answer)
                        ? NearbyWords.unanswered(server)
                        : ofAnswer(answer, failure, now);
            }
        }
        if (nearby || causes.stream().anyMatch(NearbyFailure.class::isInstance)) {
            return NearbyWords.unanswered(server);
        }
        if (causes.stream().anyMatch(cause -> cause instanceof SSLException || cause instanceof CertificateException)) {
            return ofTls(causes, failure, now);
        }
        if (causes.stream().anyMatch(ClusterExplanation::isOfNetwork)) {
            return new Unreachable(
                    "The API server at " + server + " cannot be reached: " + network(causes) + ".",
                    "Check the address in the kubeconfig, and that this server's network leads there.",
                    failure);
        }
        return failure;
    }

    private Throwable ofAnswer(KubernetesClientException answer, Throwable failure, Instant now) {
        int code = answer.getCode();
        if (code == HttpURLConnection.HTTP_UNAUTHORIZED) {
            return ofCredentials(failure, now);
        }
        if (code == HttpURLConnection.HTTP_FORBIDDEN) {
            return new Forbidden(
                    "The cluster at " + server + " does not allow it: " + words(answer) + ".",
                    "Give the credentials that right; the deployment's check has the Role to apply.",
                    failure);
        }
        if (code >= HttpURLConnection.HTTP_MULT_CHOICE && code < HttpURLConnection.HTTP_BAD_REQUEST) {
            return new Unreachable(
                    "What answers at " + server + " sends clients elsewhere (" + code + "), which is not followed.",
                    "Give the API server's own address in the kubeconfig.",
                    failure);
        }
        return ApiServerAnswer.isRefusal(answer) ? failure : noApiServer(failure);
    }

    /** What answers is something else; it is not quoted. */
    ClusterFailure noApiServer(Throwable failure) {
        return nearby
                ? NearbyWords.unanswered(server)
                : new Unreachable(
                        "What answers at " + server + " does not answer as an API server does.",
                        "Give the API server's own address in the kubeconfig.",
                        failure);
    }

    private ClusterFailure ofCredentials(Throwable failure, Instant now) {
        Optional<String> expired = credentials.expired(now);
        if (expired.isPresent()) {
            return new CredentialsExpired(
                    "The credentials for the cluster at " + server + " " + expired.get() + ".",
                    credentials.remedy(),
                    failure);
        }
        return new CredentialsRefused(
                "The cluster at " + server + " does not take the credentials (401): they are wrong, expired or were"
                        + " revoked.",
                credentials.remedy(),
                failure);
    }

    private ClusterFailure ofTls(List<Throwable> causes, Throwable failure, Instant now) {
        if (credentials.expired(now).isPresent() && causes.stream().anyMatch(ClusterExplanation::isAlert)) {
            return ofCredentials(failure, now);
        }
        return new Untrusted(
                "What answers at " + server + " does not show a certificate that the kubeconfig's"
                        + " 'certificate-authority-data' vouches for under that name (" + tls(causes) + ").",
                "Give the cluster's own authority, and a name that is in its certificate.",
                failure);
    }

    private static boolean isAlert(Throwable cause) {
        return cause instanceof SSLException
                && cause.getMessage() != null
                && cause.getMessage().contains("alert");
    }

    private static boolean isOfNetwork(Throwable cause) {
        return cause instanceof IOException
                || cause instanceof TimeoutException
                || cause instanceof io.vertx.core.VertxException;
    }

    /** Never in the words of an exception, which may quote what the peer has sent. */
    private static String tls(List<Throwable> causes) {
        if (causes.stream().anyMatch(NotSslRecordException.class::isInstance)) {
            return "it does not speak TLS";
        }
        if (causes.stream()
                .anyMatch(cause -> cause instanceof CertificateExpiredException
                        || cause instanceof CertificateNotYetValidException)) {
            return "its certificate's time is over, or has not come";
        }
        return causes.stream().anyMatch(CertificateException.class::isInstance)
                ? "its certificate is of another authority, or for other names"
                : "no secure connection comes about";
    }

    private static String network(List<Throwable> causes) {
        if (causes.stream().anyMatch(UnknownHostException.class::isInstance)) {
            return "nobody knows its name";
        }
        if (causes.stream().anyMatch(TimeoutException.class::isInstance)) {
            return "it does not answer in time";
        }
        if (causes.stream().anyMatch(ConnectException.class::isInstance)) {
            return "the connection is refused, or nobody answers";
        }
        return causes.stream().anyMatch(JacksonException.class::isInstance)
                ? "what answers there is no API server"
                : "the connection is cut";
    }

    private static String words(KubernetesClientException answer) {
        return !ApiServerAnswer.isRefusal(answer) || answer.getStatus().getMessage() == null
                ? "403"
                : answer.getStatus().getMessage();
    }

    private static List<Throwable> causes(Throwable failure) {
        List<Throwable> causes = new ArrayList<>();
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Throwable cause = failure; cause != null && seen.add(cause); cause = cause.getCause()) {
            causes.add(cause);
        }
        return causes;
    }
}
