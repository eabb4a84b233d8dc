package com.reliably.runner.docker;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.reliably.deployment.ContainerDefinition;
import com.reliably.deployment.ContainerDefinition.AccessMode;
import com.reliably.deployment.ContainerDefinition.Limits;
import java.util.List;
import java.util.Map;

/** What an engine is told of a container that it is to make: as little as the deployment allows. */
final class ContainerSpec {

    private static final String HOST = "host";
    private static final double NANOS = 1e9;

    /** The engine's own name for its host, seen from a container's network. */
    static final String ENGINE_HOST = "host.docker.internal";

    private ContainerSpec() {}

    /** Whether a container shares the network of its engine's host. */
    static boolean usesNetworkOfHost(ContainerDefinition definition) {
        return HOST.equals(definition.networkMode());
    }

    /**
     * The body of a request to make a container.
     *
     * @param arguments what stands behind the image's entrypoint
     */
    static ObjectNode of(
            ContainerDefinition definition,
            List<String> arguments,
            Map<String, String> variables,
            Map<String, String> labels) {
        ObjectNode container = JsonNodeFactory.instance.objectNode();
        container.put("Image", definition.image());
        container.put("WorkingDir", definition.workingDir());
        if (definition.user() != null) {
            container.put("User", definition.user());
        }
        add(container.putArray("Cmd"), arguments);
        ArrayNode environment = container.putArray("Env");
        variables.forEach((name, value) -> environment.add(name + "=" + value));
        ObjectNode labelled = container.putObject("Labels");
        labels.forEach(labelled::put);
        container.set("HostConfig", host(definition));
        return container;
    }

    private static ObjectNode host(ContainerDefinition definition) {
        ObjectNode host = JsonNodeFactory.instance.objectNode();
        if (definition.networkMode() != null) {
            host.put("NetworkMode", definition.networkMode());
        }
        if (!usesNetworkOfHost(definition)) {
            host.putArray("ExtraHosts").add(ENGINE_HOST + ":host-gateway");
        }
        Limits limits = definition.limitsOrDefault();
        host.put("Memory", limits.memoryBytes());
        // The same: no swap beside it.
        host.put("MemorySwap", limits.memoryBytes());
        host.put("PidsLimit", limits.pidsOrDefault());
        if (limits.cpus() != null) {
            host.put("NanoCpus", Math.round(limits.cpus() * NANOS));
        }
        host.putArray("CapDrop").add("ALL");
        add(host.putArray("CapAdd"), definition.keptCapabilities());
        host.putArray("SecurityOpt").add("no-new-privileges");
        host.putObject("RestartPolicy").put("Name", "no");
        // Whatever the engine's default is: the output is read from its beginning, and must not fill the disk.
        host.putObject("LogConfig")
                .put("Type", "json-file")
                .putObject("Config")
                .put("max-size", "100m")
                .put("max-file", "2");
        ArrayNode mounts = host.putArray("Mounts");
        if (definition.volumes() != null) {
            definition.volumes().forEach((source, volume) -> mounts.addObject()
                    .put("Type", "bind")
                    .put("Source", source)
                    .put("Target", volume.bind())
                    .put("ReadOnly", volume.mode() == AccessMode.RO));
        }
        return host;
    }

    private static void add(ArrayNode array, List<String> texts) {
        texts.forEach(array::add);
    }
}
