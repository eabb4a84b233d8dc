package com.reliably.runner.kubernetes;

import java.util.UUID;

/**
 * By which the schedule of a plan is known in its cluster.
 *
 * @param namespace the CronJob's namespace
 * @param cronJob   the CronJob's name
 */
record CronReference(String namespace, String cronJob) {

    private static final String SCHEME = "k8s-cron:";

    static CronReference of(String namespace, UUID planId) {
        return new CronReference(namespace, "reliably-plan-" + planId);
    }

    static CronReference parse(String text) {
        int slash = text.indexOf('/');
        return new CronReference(text.substring(SCHEME.length(), slash), text.substring(slash + 1));
    }

    @Override
    public String toString() {
        return SCHEME + namespace + "/" + cronJob;
    }
}
