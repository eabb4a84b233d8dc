package com.reliably.runner.kubernetes;

import java.util.UUID;

/**
 * By which a run in a cluster is known: where its Job is, without the cluster, whose address and credentials are the
 * deployment's and may change.
 *
 * @param namespace the Job's namespace
 * @param job       the Job's name
 */
record JobReference(String namespace, String job) {

    private static final String SCHEME = "k8s:";

    /** The Job of a run that this server launches. Its name is the contract's; the run's label makes it certain. */
    static JobReference of(String namespace, UUID planId, UUID runId) {
        return new JobReference(
                namespace,
                "reliably-plan-" + planId + "-"
                        + runId.toString().replace("-", "").substring(0, 8));
    }

    /** Whether the text is one. */
    static boolean is(String text) {
        return text.startsWith(SCHEME) && text.indexOf('/') > 0;
    }

    static JobReference parse(String text) {
        int slash = text.indexOf('/');
        return new JobReference(text.substring(SCHEME.length(), slash), text.substring(slash + 1));
    }

    @Override
    public String toString() {
        return SCHEME + namespace + "/" + job;
    }
}
