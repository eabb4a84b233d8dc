package com.reliably.deployment;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonValue;
import com.reliably.problem.Faults;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.media.SchemaProperty;

/**
 * Plans run with the Reliably CLI.
 *
 * @param mode           managed: the server starts the CLI beside itself; manual: somebody else does
 * @param baseDir        managed only: the absolute directory to run in; null means a fresh one for each run
 * @param pyVersion      managed only: the Python to use, as in {@code 3.12}; null means any that fits
 * @param pyDependencies managed only: the content of a requirements.txt, installed before the run; may be null
 */
@Schema(
        name = "CliDeployment",
        description = "Plans run with the Reliably CLI: started by the server (`managed`), or by"
                + " somebody else (`manual`)",
        requiredProperties = "type",
        properties = @SchemaProperty(name = "type", type = SchemaType.STRING, enumeration = CliDefinition.TYPE))
public record CliDefinition(
        @Schema(defaultValue = "manual") Mode mode,

        @Schema(
                nullable = true,
                description = "Managed: the directory to run in; a fresh one where null",
                examples = "/srv/chaos")
        String baseDir,

        @Schema(
                nullable = true,
                description = "Managed: the Python to use; any that fits where null",
                examples = "3.12")
        String pyVersion,

        @Schema(
                nullable = true,
                description = "Managed: the content of a requirements.txt",
                examples = "chaostoolkit-kubernetes\n")
        String pyDependencies)
        implements DeploymentDefinition {

    /** Its name on the wire. */
    public static final String TYPE = "reliably_cli";

    /** Who starts the CLI. */
    @Schema(name = "CliMode", description = "Who starts the CLI")
    public enum Mode {
        MANAGED,
        MANUAL;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public CliDefinition {
        mode = mode == null ? Mode.MANUAL : mode;
    }

    /** Whether the server starts the CLI. */
    @JsonIgnore
    public boolean isManaged() {
        return mode == Mode.MANAGED;
    }

    @Override
    public String typeName() {
        return TYPE;
    }

    @Override
    public void check(Faults faults, DeploymentPolicy policy) {
        if (baseDir != null && !isAbsolutePath(baseDir)) {
            faults.reject("base_dir", "The directory must be an absolute path", baseDir);
        }
        if (pyVersion != null) {
            PythonVersion.fault(pyVersion).ifPresent(m -> faults.reject("py_version", m, pyVersion));
        }
        if (pyDependencies != null) {
            Requirements.fault(pyDependencies).ifPresent(m -> faults.reject("py_dependencies", m));
        }
    }

    private static boolean isAbsolutePath(String text) {
        try {
            return Path.of(text).isAbsolute();
        } catch (InvalidPathException e) {
            return false;
        }
    }
}
