package com.reliably.deployment;

import com.fasterxml.jackson.annotation.JsonValue;
import com.reliably.problem.Faults;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.media.SchemaProperty;

/**
 * Plans run in a Docker container.
 *
 * @param image      the image whose entrypoint is the Reliably CLI
 * @param workingDir the absolute directory inside the container to run in
 * @param volumes    by absolute path on the engine's host; may be null
 */
@Schema(
        name = "ContainerDeployment",
        description = "Plans run in a container of a Docker engine",
        requiredProperties = "type",
        properties = @SchemaProperty(name = "type", type = SchemaType.STRING, enumeration = ContainerDefinition.TYPE))
public record ContainerDefinition(
        @Schema(
                required = true,
                description = "The image whose entrypoint is the Reliably CLI",
                examples = "ghcr.io/my-org/reliably-cli:latest")
        String image,

        @Schema(defaultValue = "/tmp", description = "The absolute directory inside the container to run in")
        String workingDir,

        @Schema(
                nullable = true,
                description = "What to mount, by absolute path on the engine's host; only below the"
                        + " directories that the operator allows")
        Map<String, Volume> volumes)
        implements DeploymentDefinition {

    static final String TYPE = "container";

    /**
     * A directory or file of the engine's host, seen from the container.
     *
     * @param bind the absolute path inside the container
     * @param mode read-only unless said otherwise
     */
    @Schema(name = "ContainerVolume")
    public record Volume(
            @Schema(required = true, examples = "/data") String bind,
            @Schema(defaultValue = "ro") AccessMode mode) {

        public Volume {
            mode = mode == null ? AccessMode.RO : mode;
        }
    }

    /** Whether a container may write to a volume. */
    @Schema(name = "VolumeMode")
    public enum AccessMode {
        RO,
        RW;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public ContainerDefinition {
        workingDir = workingDir == null ? "/tmp" : workingDir;
    }

    @Override
    public String typeName() {
        return TYPE;
    }

    @Override
    public void check(Faults faults, DeploymentPolicy policy) {
        if (image == null) {
            faults.missing("image");
        } else {
            ImageReference.fault(image).ifPresent(m -> faults.reject("image", m, image));
        }
        HostPaths.absoluteFault(workingDir).ifPresent(m -> faults.reject("working_dir", m, workingDir));
        if (volumes != null) {
            List<String> roots = policy.docker().allowedVolumeRoots().orElse(List.of());
            volumes.forEach((host, volume) -> checkVolume(faults.at("volumes"), roots, host, volume));
        }
    }

    private static void checkVolume(Faults faults, List<String> roots, String host, Volume volume) {
        HostPaths.volumeFault(host, roots).ifPresent(m -> faults.reject(host, m, host));
        if (volume == null || volume.bind() == null) {
            faults.at(host).missing("bind");
        } else {
            HostPaths.absoluteFault(volume.bind())
                    .ifPresent(m -> faults.at(host).reject("bind", m, volume.bind()));
        }
    }
}
