package com.reliably.environment;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.reliably.secret.Mask;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A secret that a run sees, either as a variable or as a file. On the wire the member that does not apply is left out;
 * existing clients tell the two kinds apart by that.
 *
 * @param key     names the secret in its environment
 * @param varName the variable that holds it; null for a file
 * @param value   the secret, or the mask; null only where it is stored
 * @param path    the absolute path of the file that holds it; null for a variable
 */
@Schema(name = "EnvironmentSecret", description = "A secret, as a variable (`var_name`) or as a file (`path`)")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record EnvironmentSecret(
        @Schema(required = true, description = "Names the secret in its environment", examples = "api-token")
        String key,

        @Schema(description = "The variable that holds it; left out for a file", examples = "API_TOKEN")
        String varName,

        @Schema(
                required = true,
                description = "Shown masked; sent back masked, the stored value stays",
                examples = Mask.MASK)
        String value,

        @Schema(
                description = "The absolute path of the file that holds it; left out for a variable",
                examples = "/etc/shop/token")
        String path) {

    /** Whether it is a file. */
    @JsonIgnore
    public boolean isFile() {
        return path != null;
    }

    EnvironmentSecret withValue(String other) {
        return new EnvironmentSecret(key, varName, other, path);
    }

    EnvironmentSecret withPath(String other) {
        return new EnvironmentSecret(key, varName, value, other);
    }

    /** Without the value: records are logged easily. */
    @Override
    public String toString() {
        return "EnvironmentSecret[" + key + "]";
    }
}
