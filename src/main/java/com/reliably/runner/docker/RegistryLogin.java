package com.reliably.runner.docker;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.reliably.deployment.ContainerDefinition;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/**
 * What an engine is told to log in to a registry with.
 *
 * @param header the value of {@code X-Registry-Auth}; null where nobody logs in
 */
record RegistryLogin(String header) {

    private static final RegistryLogin NONE = new RegistryLogin(null);
    private static final String DOCKER_HUB = "https://index.docker.io/v1/";

    /** The login of a deployment, for its image's registry and no other. */
    static RegistryLogin of(ContainerDefinition definition) {
        if (definition.registry() == null) {
            return NONE;
        }
        String json = JsonNodeFactory.instance
                .objectNode()
                .put("username", definition.registry().username())
                .put("password", definition.registry().password())
                .put("serveraddress", registryOf(definition.image()))
                .toString();
        return new RegistryLogin(Base64.getUrlEncoder().encodeToString(json.getBytes(StandardCharsets.UTF_8)));
    }

    private static String registryOf(String image) {
        int slash = image.indexOf('/');
        String first = slash < 0 ? "" : image.substring(0, slash);
        boolean isHost = first.contains(".") || first.contains(":") || first.equals("localhost");
        return isHost ? first : DOCKER_HUB;
    }

    /** The headers of a request that may need it. */
    Map<String, String> headers() {
        return header == null ? Map.of() : Map.of("X-Registry-Auth", header);
    }

    /** Without the password. */
    @Override
    public String toString() {
        return header == null ? "RegistryLogin[none]" : "RegistryLogin[…]";
    }
}
