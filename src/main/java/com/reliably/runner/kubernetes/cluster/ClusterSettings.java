package com.reliably.runner.kubernetes.cluster;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;

/** Settings of the clients of clusters. */
@ConfigMapping(prefix = "reliably.kubernetes.client")
public interface ClusterSettings {

    /** How long a connection to an API server may take. */
    @WithDefault("PT5S")
    Duration connectsWithin();

    /** How long an answer may take, tries again included. Does not concern watches and logs that are followed. */
    @WithDefault("PT20S")
    Duration answersWithin();

    /**
     * How long an API server at an address of this machine may take to say that it is one, before anything else is asked; for
     * as long it takes to be told that there is none.
     */
    @WithDefault("PT10S")
    Duration nearbyTimeout();

    /** How many connections one cluster gets at once; each log that is followed is one of them. */
    @WithDefault("512")
    int connections();

    /** After how long without use a client is closed. */
    @WithDefault("PT10M")
    Duration idleAfter();

    /** Where Kubernetes puts the service account of the Pod that this server runs in. */
    @WithDefault("/var/run/secrets/kubernetes.io/serviceaccount")
    Path serviceAccountDirectory();
}
