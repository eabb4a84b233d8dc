package com.reliably.runner.docker;

import com.reliably.deployment.ContainerDefinition;
import com.reliably.deployment.ContainerDefinition.Volume;
import com.reliably.deployment.DeploymentPolicy;
import com.reliably.deployment.VolumeRoots;
import com.reliably.runner.LaunchFailure;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the paths that are to be mounted really lead. A symbolic link below an allowed root may lead anywhere, and
 * containers can make one. This is seen for engines on this host only; behind an address, and for a server that is itself in a
 * container, the engine's host keeps its own links in order (docs/docker.md).
 */
@Singleton
final class VolumeSources {

    private final DeploymentPolicy policy;

    VolumeSources(DeploymentPolicy policy) {
        this.policy = policy;
    }

    /**
     * The definition with the real paths in place of its own, so that a link that is made meanwhile is not followed.
     *
     * @return fails with {@link LaunchFailure} where one leads out of the allowed roots
     */
    Uni<ContainerDefinition> resolved(ContainerDefinition definition, Engine engine) {
        if (definition.volumes() == null
                || definition.volumes().isEmpty()
                || !engine.address().isLocal()) {
            return Uni.createFrom().item(definition);
        }
        return Uni.createFrom()
                .item(() -> resolve(definition))
                .runSubscriptionOn(Infrastructure.getDefaultWorkerPool());
    }

    private ContainerDefinition resolve(ContainerDefinition definition) {
        Map<String, Volume> real = new LinkedHashMap<>();
        definition.volumes().forEach((path, volume) -> real.put(realPath(path), volume));
        return definition.withVolumes(real);
    }

    private String realPath(String path) {
        Path source = Path.of(path);
        if (!Files.exists(source)) {
            // The engine says so, or has another view of the host than this server.
            return path;
        }
        try {
            String real = source.toRealPath().toString();
            VolumeRoots roots = new VolumeRoots(policy.docker().allowedVolumeRoots().stream()
                    .flatMap(java.util.List::stream)
                    .map(VolumeSources::realRoot)
                    .toList());
            roots.fault(real).ifPresent(fault -> {
                throw new LaunchFailure("The volume '" + path + "' leads to '" + real + "'. " + fault + ".");
            });
            return real;
        } catch (IOException e) {
            throw new LaunchFailure("It cannot be seen where the volume '" + path + "' leads: " + e.getMessage());
        }
    }

    /** An operator may name a link, and means where it leads. */
    private static String realRoot(String root) {
        try {
            return Path.of(root.strip()).toRealPath().toString();
        } catch (IOException e) {
            return root.strip();
        }
    }
}
