package com.reliably.runner.docker;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.model.AuthConfig;
import com.github.dockerjava.api.model.AuthConfigurations;
import com.github.dockerjava.core.DockerClientConfig;
import com.github.dockerjava.core.RemoteApiVersion;
import com.github.dockerjava.core.SSLConfig;
import java.net.URI;

/**
 * What docker-java is told of an engine. Its own configuration would read system properties, the environment, and the files
 * of whoever runs the server, credentials included.
 */
record EngineClientConfig(URI engine, ObjectMapper json) implements DockerClientConfig {

    EngineClientConfig(URI engine) {
        this(engine, DockerClientConfig.getDefaultObjectMapper());
    }

    @Override
    public URI getDockerHost() {
        return engine;
    }

    /** The engine's newest. */
    @Override
    public RemoteApiVersion getApiVersion() {
        return RemoteApiVersion.UNKNOWN_VERSION;
    }

    @Override
    public ObjectMapper getObjectMapper() {
        return json;
    }

    @Override
    public String getRegistryUsername() {
        return null;
    }

    @Override
    public String getRegistryPassword() {
        return null;
    }

    @Override
    public String getRegistryEmail() {
        return null;
    }

    @Override
    public String getRegistryUrl() {
        return null;
    }

    @Override
    public AuthConfig effectiveAuthConfig(String image) {
        return null;
    }

    @Override
    public AuthConfigurations getAuthConfigurations() {
        return new AuthConfigurations();
    }

    /** The transport has it. */
    @Override
    @SuppressWarnings("deprecation")
    public SSLConfig getSSLConfig() {
        return null;
    }
}
