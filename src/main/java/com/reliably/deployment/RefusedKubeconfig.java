package com.reliably.deployment;

/** Why a kubeconfig is not taken, and what would be right, for people. Never quotes the document, because it is a secret. */
public final class RefusedKubeconfig extends Exception {

    private static final long serialVersionUID = 1L;

    RefusedKubeconfig(String message) {
        super(message, null, false, false);
    }
}
