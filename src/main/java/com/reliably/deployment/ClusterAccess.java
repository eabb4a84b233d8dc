package com.reliably.deployment;

import java.net.URI;
import java.util.List;
import java.util.Map;

/**
 * How to reach a cluster, and as whom: what {@link Kubeconfig} takes out of a kubeconfig. It holds everything itself; no
 * file is read and no command is run for it.
 *
 * @param server        an https URL
 * @param authority     certificates in PEM; null where the server's usual ones are meant
 * @param insecure      whether the cluster's certificate is not looked at; only where the operator allows it
 * @param proxy         one that the operator allows; null where the cluster is reached directly
 * @param certificate   the client's own; null where there is none
 * @param credentials   what goes with each request
 * @param impersonation whom to act as; null where as oneself
 * @param tlsName       the name that the cluster's certificate has to be for; null where it is the server's
 */
public record ClusterAccess(
        URI server,
        String authority,
        boolean insecure,
        URI proxy,
        ClientCertificate certificate,
        Credentials credentials,
        Impersonation impersonation,
        String tlsName) {

    /** Without credentials: records are logged easily. */
    @Override
    public String toString() {
        return "ClusterAccess[" + server + "]";
    }

    /**
     * A certificate with its key.
     *
     * @param certificate in PEM, the client's own first
     * @param key         in PEM
     */
    public record ClientCertificate(String certificate, String key) {

        @Override
        public String toString() {
            return "ClientCertificate[]";
        }
    }

    /** What goes with each request. */
    public sealed interface Credentials {}

    /** Nothing: the client's certificate says it all. */
    public record NoCredentials() implements Credentials {}

    /** A bearer token as it stands. */
    public record Token(String value) implements Credentials {

        @Override
        public String toString() {
            return "Token[]";
        }
    }

    /** A name and a password. */
    public record Basic(String username, String password) implements Credentials {

        @Override
        public String toString() {
            return "Basic[]";
        }
    }

    /**
     * Tokens that are made from the keys of an AWS account, for an EKS cluster.
     *
     * @param cluster         its name, or its id
     * @param region          where its tokens are signed for; null for the global endpoint
     * @param accessKeyId     of AWS
     * @param secretAccessKey of AWS
     * @param sessionToken    of temporary keys; null where the keys are lasting
     */
    public record Eks(String cluster, String region, String accessKeyId, String secretAccessKey, String sessionToken)
            implements Credentials {

        @Override
        public String toString() {
            return "Eks[" + cluster + "]";
        }
    }

    /**
     * Whom to act as.
     *
     * @param user   the name
     * @param uid    may be null
     * @param groups may be empty
     * @param extra  may be empty
     */
    public record Impersonation(String user, String uid, List<String> groups, Map<String, List<String>> extra) {}
}
