package com.reliably.runner.docker;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Settings of runs in containers. What deployments may ask for stands in {@code DeploymentPolicy}. */
@ConfigMapping(prefix = "reliably.docker")
public interface DockerSettings {

    /**
     * The engine of deployments that name none, as in {@code unix:///var/run/docker.sock} or {@code
     * tcp://docker.example.com:2376}; what {@code DOCKER_HOST} says where it is not set, and
     * {@code unix:///var/run/docker.sock} where that is not set either.
     */
    @WithDefault("${DOCKER_HOST:}")
    Optional<String> host();

    /**
     * A directory with {@code ca.pem}, {@code cert.pem} and {@code key.pem}, for a default engine that is reached over
     * TLS; what {@code DOCKER_CERT_PATH} says where it is not set.
     */
    @WithDefault("${DOCKER_CERT_PATH:}")
    Optional<String> certPath();

    /**
     * How a container reaches this server. Where it is not set: by {@code 127.0.0.1} with the host's network, else by
     * {@code host.docker.internal}, which leads to the engine's host; by the public URL from engines elsewhere.
     */
    Optional<String> callbackUrl();

    /** How long a run may take, from its container's start on; a plan can say otherwise. */
    @WithDefault("PT6H")
    Duration timeout();

    /** How long a run that is being ended may take to roll back before its container is killed. */
    @WithDefault("PT30S")
    Duration grace();

    /** How many runs this server has in containers at once; more wait. */
    @WithDefault("50")
    int atOnce();
}
