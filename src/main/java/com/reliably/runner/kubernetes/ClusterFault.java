package com.reliably.runner.kubernetes;

import com.reliably.outbound.RefusedAddress;
import com.reliably.runner.kubernetes.cluster.ApiServerAnswer;
import com.reliably.runner.kubernetes.cluster.ClusterFailure;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.Forbidden;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.NotAllowed;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.Unreachable;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import javax.net.ssl.SSLException;

/**
 * Why a call to a cluster failed, in words, with what to do about it.
 *
 * @param kind  what kind of fault it is
 * @param words for people; never with credentials
 */
record ClusterFault(Kind kind, String words) {

    private static final int LONGEST = 1_000;

    /** What faults there are. */
    enum Kind {
        /** The API server refused, and would again. */
        REFUSED,
        /** What was asked for is not there. */
        ABSENT,
        /** It is there already, or was changed meanwhile. */
        CONFLICT,
        /** The API server does not take the credentials. */
        UNAUTHORIZED,
        /** There was no answer, or none that says anything: whether the call had an effect is not known. */
        UNREACHABLE
    }

    /** The fault behind a failure. */
    static ClusterFault of(Throwable failure, String namespace) {
        ClusterFailure explained = find(failure, ClusterFailure.class, e -> !(e instanceof Forbidden));
        if (explained != null) {
            return new ClusterFault(kindOf(explained), explained.getMessage());
        }
        KubernetesClientException answered = find(failure, KubernetesClientException.class, e -> e.getCode() > 0);
        if (answered == null) {
            return unreachable(failure);
        }
        return ApiServerAnswer.isRefusal(answered) || answered.getCode() == 401
                ? answered(answered, namespace)
                : new ClusterFault(
                        Kind.UNREACHABLE,
                        "What answers at the cluster's address is no API server (" + answered.getCode()
                                + "). See that its address in the deployment's kubeconfig is right.");
    }

    private static Kind kindOf(ClusterFailure failure) {
        if (failure instanceof Unreachable) {
            return Kind.UNREACHABLE;
        }
        return failure instanceof NotAllowed ? Kind.REFUSED : Kind.UNAUTHORIZED;
    }

    private static ClusterFault answered(KubernetesClientException answer, String namespace) {
        String said = said(answer);
        return switch (answer.getCode()) {
            case 401 ->
                new ClusterFault(
                        Kind.UNAUTHORIZED,
                        "The cluster does not take the deployment's credentials (401): they have expired or were"
                                + " revoked. Give the deployment new ones.");
            case 403 -> new ClusterFault(Kind.REFUSED, forbidden(said, namespace));
            case 404 ->
                said.contains("namespaces \"")
                        ? new ClusterFault(
                                Kind.REFUSED,
                                "The cluster has no namespace '" + namespace + "'. Create it (kubectl create namespace "
                                        + namespace + "), or name another in the deployment.")
                        : new ClusterFault(Kind.ABSENT, "The cluster does not have it: " + said);
            case 409 -> new ClusterFault(Kind.CONFLICT, said);
            case 429, 500, 502, 503, 504 ->
                new ClusterFault(
                        Kind.UNREACHABLE,
                        "The cluster answers " + answer.getCode() + " for now: " + said
                                + ". If that stays, look at its API server.");
            default ->
                new ClusterFault(
                        Kind.REFUSED, "The cluster refuses what it was given (" + answer.getCode() + "): " + said);
        };
    }

    private static String forbidden(String said, String namespace) {
        if (said.contains("exceeded quota")) {
            return "The quota of namespace '" + namespace + "' has no room: " + said
                    + ". Raise it, or remove what is not needed.";
        }
        if (said.contains("is being terminated")) {
            return "The namespace '" + namespace + "' is being deleted. Wait until it is gone, and create it again.";
        }
        if (said.contains("cannot ") && said.contains("resource")) {
            return "The deployment's credentials may not do what a run needs: " + said
                    + ". Apply the Role of docs/kubernetes.md in namespace '" + namespace
                    + "'; the deployment's check lists what is missing.";
        }
        return "The cluster forbids it: " + said;
    }

    private static String said(KubernetesClientException answer) {
        String text = answer.getStatus() != null && answer.getStatus().getMessage() != null
                ? answer.getStatus().getMessage()
                : answer.getMessage();
        String line = text == null ? "" : text.replaceAll("\\s+", " ").strip();
        String plain = line.endsWith(".") ? line.substring(0, line.length() - 1) : line;
        return plain.length() <= LONGEST ? plain : plain.substring(0, LONGEST) + "…";
    }

    private static ClusterFault unreachable(Throwable failure) {
        String why;
        if (find(failure, UnknownHostException.class, e -> true) != null) {
            why = "its name is not known (DNS)";
        } else if (find(failure, SSLException.class, e -> true) != null) {
            why = "no secure connection comes about; is 'certificate-authority-data' its own?";
        } else if (find(failure, ConnectException.class, e -> true) != null) {
            why = "the connection is refused";
        } else if (find(failure, TimeoutException.class, e -> true) != null) {
            why = "it takes too long";
        } else {
            // Not in the words of the exception, which may quote whatever it is that answers.
            why = find(failure, RefusedAddress.class, e -> true) == null
                    ? "the connection is cut"
                    : "its address is refused by this server's operator";
        }
        return new ClusterFault(
                Kind.UNREACHABLE,
                "The cluster cannot be reached: " + why
                        + ". See that its address in the deployment's kubeconfig is right and open to this server.");
    }

    private static <T extends Throwable> T find(Throwable failure, Class<T> type, Predicate<T> condition) {
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < 20; depth++) {
            if (type.isInstance(cause) && condition.test(type.cast(cause))) {
                return type.cast(cause);
            }
            cause = cause.getCause();
        }
        return null;
    }
}
