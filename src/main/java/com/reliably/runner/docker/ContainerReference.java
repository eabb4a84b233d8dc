package com.reliably.runner.docker;

import com.reliably.deployment.EngineAddress;

/**
 * By which a run is found again: the container and its engine, which the deployment may have left meanwhile.
 *
 * @param id     the container's id: another container of the same name is another attempt
 * @param engine where it is
 */
record ContainerReference(String id, EngineAddress engine) {

    private static final String SCHEME = "docker:";

    static boolean isOne(String text) {
        return text.startsWith(SCHEME);
    }

    static ContainerReference of(String text) {
        int at = text.indexOf('@');
        return new ContainerReference(text.substring(SCHEME.length(), at), new EngineAddress(text.substring(at + 1)));
    }

    /** The id as people see it. */
    String shortId() {
        return id.substring(0, Math.min(12, id.length()));
    }

    @Override
    public String toString() {
        return SCHEME + id + "@" + engine;
    }
}
