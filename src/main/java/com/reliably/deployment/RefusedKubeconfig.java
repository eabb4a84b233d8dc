package com.reliably.deployment;

import java.net.URI;

/** Why a kubeconfig is not taken, and what would be right, for people. Never quotes the document, because it is a secret. */
public final class RefusedKubeconfig extends Exception {

    private static final long serialVersionUID = 1L;

    private final transient URI server;

    RefusedKubeconfig(String message) {
        this(message, null);
    }

    /** @param server whose address is why */
    RefusedKubeconfig(String message, URI server) {
        super(message, null, false, false);
        this.server = server;
    }

    /** The server whose address is why; null where it is not. */
    public URI server() {
        return server;
    }
}
