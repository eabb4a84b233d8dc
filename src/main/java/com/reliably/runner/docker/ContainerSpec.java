package com.reliably.runner.docker;

import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.LogConfig;
import com.github.dockerjava.api.model.Mount;
import com.github.dockerjava.api.model.MountType;
import com.github.dockerjava.api.model.RestartPolicy;
import com.reliably.deployment.ContainerDefinition;
import com.reliably.deployment.ContainerDefinition.AccessMode;
import com.reliably.deployment.ContainerDefinition.Limits;
import com.reliably.runner.LaunchFailure;
import java.util.List;
import java.util.Map;

/**
 * What an engine is told of a container that it is to make: as little as the deployment allows.
 *
 * @param arguments what stands behind the image's entrypoint
 * @param variables secret, some of them
 */
record ContainerSpec(
        ContainerDefinition definition,
        List<String> arguments,
        Map<String, String> variables,
        Map<String, String> labels) {

    private static final String HOST = "host";
    private static final double NANOS = 1e9;

    /** The engine's own name for its host, seen from a container's network. */
    static final String ENGINE_HOST = "host.docker.internal";

    /** Whether a container shares the network of its engine's host. */
    static boolean usesNetworkOfHost(ContainerDefinition definition) {
        return HOST.equals(definition.networkMode());
    }

    String image() {
        return definition.image();
    }

    /** Tells it all but the name. */
    CreateContainerCmd tell(CreateContainerCmd command) {
        if (definition.user() != null) {
            command.withUser(definition.user());
        }
        return command.withWorkingDir(definition.workingDir())
                .withCmd(arguments)
                .withEnv(variables.entrySet().stream()
                        .map(variable -> variable.getKey() + "=" + variable.getValue())
                        .toList())
                .withLabels(labels)
                .withHostConfig(host());
    }

    private HostConfig host() {
        Limits limits = definition.limitsOrDefault();
        HostConfig host = HostConfig.newHostConfig()
                .withNetworkMode(definition.networkMode())
                .withMemory(limits.memoryBytes())
                // The same: no swap beside it.
                .withMemorySwap(limits.memoryBytes())
                .withPidsLimit((long) limits.pidsOrDefault())
                .withNanoCPUs(limits.cpus() == null ? null : (Long) Math.round(limits.cpus() * NANOS))
                .withCapDrop(Capability.ALL)
                .withCapAdd(definition.keptCapabilities().stream()
                        .map(ContainerSpec::capability)
                        .toArray(Capability[]::new))
                .withSecurityOpts(List.of("no-new-privileges"))
                .withRestartPolicy(RestartPolicy.noRestart())
                // Whatever the engine's default is: the output is read from its beginning, and must not fill the disk.
                .withLogConfig(
                        new LogConfig(LogConfig.LoggingType.JSON_FILE, Map.of("max-size", "100m", "max-file", "2")))
                .withMounts(mounts());
        return usesNetworkOfHost(definition) ? host : host.withExtraHosts(ENGINE_HOST + ":host-gateway");
    }

    private static Capability capability(String name) {
        try {
            return Capability.fromValue(name);
        } catch (IllegalArgumentException e) {
            throw new LaunchFailure("There is no Linux capability '" + name + "'; the deployment asks for it.", e);
        }
    }

    private List<Mount> mounts() {
        return definition.volumes() == null
                ? List.of()
                : definition.volumes().entrySet().stream()
                        .map(volume -> new Mount()
                                .withType(MountType.BIND)
                                .withSource(volume.getKey())
                                .withTarget(volume.getValue().bind())
                                .withReadOnly(volume.getValue().mode() == AccessMode.RO))
                        .toList();
    }

    /** Without the variables. */
    @Override
    public String toString() {
        return "ContainerSpec[" + definition.image() + "]";
    }
}
