package com.reliably.runner.kubernetes.cluster;

/**
 * Why a cluster did not do what it was asked, told apart so that people know whom to turn to. The message is for people,
 * with the remedy, and holds no secrets.
 */
public abstract sealed class ClusterFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String remedy;

    private ClusterFailure(String problem, String remedy, Throwable cause) {
        super(problem + " " + remedy, cause);
        this.remedy = remedy;
    }

    /** What is wrong, without the remedy. */
    public String problem() {
        return getMessage().substring(0, getMessage().length() - remedy.length() - 1);
    }

    /** What to do about it. */
    public String remedy() {
        return remedy;
    }

    /** Nobody answers there: the network, the name, a firewall, or an API server that is down. Worth another try. */
    public static final class Unreachable extends ClusterFailure {

        private static final long serialVersionUID = 1L;

        Unreachable(String problem, String remedy, Throwable cause) {
            super(problem, remedy, cause);
        }
    }

    /** Somebody answers, whose certificate is not of the authority in the kubeconfig, or not for this name. */
    public static final class Untrusted extends ClusterFailure {

        private static final long serialVersionUID = 1L;

        Untrusted(String problem, String remedy, Throwable cause) {
            super(problem, remedy, cause);
        }
    }

    /** The cluster does not know these credentials: they are wrong, or were revoked. */
    public static final class CredentialsRefused extends ClusterFailure {

        private static final long serialVersionUID = 1L;

        CredentialsRefused(String problem, String remedy, Throwable cause) {
            super(problem, remedy, cause);
        }
    }

    /** The credentials were good for a time that is over. */
    public static final class CredentialsExpired extends ClusterFailure {

        private static final long serialVersionUID = 1L;

        CredentialsExpired(String problem, String remedy, Throwable cause) {
            super(problem, remedy, cause);
        }
    }

    /** The cluster knows who asks, and does not allow it. */
    public static final class Forbidden extends ClusterFailure {

        private static final long serialVersionUID = 1L;

        Forbidden(String problem, String remedy, Throwable cause) {
            super(problem, remedy, cause);
        }
    }

    /** This server does not use these credentials, or does not go there: its operator's policy, or a kubeconfig that asks too much. */
    public static final class NotAllowed extends ClusterFailure {

        private static final long serialVersionUID = 1L;

        NotAllowed(String problem, String remedy, Throwable cause) {
            super(problem, remedy, cause);
        }
    }
}
