package com.reliably.runner.kubernetes;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Settings of runs in Kubernetes clusters. */
@ConfigMapping(prefix = "reliably.kubernetes")
public interface KubernetesSettings {

    /** How a Pod reaches this server, without a path; the public URL where it is not set. */
    Optional<String> callbackUrl();

    /** How long a run may take, the time that its Pod waits included; a plan can say otherwise. */
    @WithDefault("PT6H")
    Duration timeout();

    /** How long a run that is ended may roll back before its containers are killed, unless its own manifest says so. */
    @WithDefault("PT30S")
    Duration grace();

    /** How long a Pod may take to begin (images, room, quota) before its run is given up. */
    @WithDefault("PT10M")
    Duration beginsWithin();

    /**
     * How long a cluster may take to look at a deployment that is to be stored (a server-side dry run); one that does not
     * answer keeps nothing from being stored.
     */
    @WithDefault("PT5S")
    Duration triedOutWithin();

    /** How many runs one server follows in clusters at once; more wait. */
    @WithDefault("500")
    int atOnce();

    /** How long the cluster keeps a Job that has ended and that no server has cleaned up after. */
    @WithDefault("P7D")
    Duration keepFinished();

    /** How long a Job that has ended, or was never begun, may lie before it counts as left over from a crash. */
    @WithDefault("PT5M")
    Duration leftoverAfter();
}
