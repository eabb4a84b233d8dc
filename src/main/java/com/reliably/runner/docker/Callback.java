package com.reliably.runner.docker;

import com.reliably.deployment.ContainerDefinition;
import com.reliably.deployment.EngineAddress;
import com.reliably.runner.LaunchFailure;
import com.reliably.runner.ServerAddress;
import com.reliably.start.PublicUrl;
import jakarta.inject.Singleton;

/** By which URL a container reaches this server. */
@Singleton
final class Callback {

    private final DockerSettings settings;
    private final ServerAddress address;
    private final PublicUrl publicUrl;

    Callback(DockerSettings settings, ServerAddress address, PublicUrl publicUrl) {
        this.settings = settings;
        this.address = address;
        this.publicUrl = publicUrl;
    }

    /**
     * The URL, without a slash at the end.
     *
     * @throws LaunchFailure where the operator's is none
     */
    String url(ContainerDefinition definition, EngineAddress engine) {
        return settings.callbackUrl().map(url -> url.replaceAll("/+$", "")).orElseGet(() -> usual(definition, engine));
    }

    private String usual(ContainerDefinition definition, EngineAddress engine) {
        if (!engine.isLocal()) {
            return publicUrl.value();
        }
        return ContainerSpec.usesNetworkOfHost(definition) ? address.url() : address.urlAt(ContainerSpec.ENGINE_HOST);
    }
}
