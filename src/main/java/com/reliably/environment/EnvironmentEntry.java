package com.reliably.environment;

import com.fasterxml.jackson.annotation.JsonIgnore;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * One thing to put into an environment: a variable ({@code var_name}, {@code value}), a secret ({@code key},
 * {@code var_name}, {@code value}) or a secret file ({@code key}, {@code value}, {@code path}).
 *
 * @param key     of a secret; null for a variable
 * @param varName the variable's name; null for a file
 * @param value   what it holds; the mask of a secret that is stored under this key leaves its value as it is
 * @param path    of a secret file; null otherwise
 */
@Schema(
        name = "EnvironmentEntry",
        description = "A variable (`var_name`, `value`), a secret (`key`, `var_name`, `value`) or a"
                + " secret file (`key`, `value`, `path`)")
record EnvironmentEntry(
        @Schema(description = "Of a secret; left out for a variable", examples = "api-token")
        String key,

        @Schema(description = "Left out for a secret file", examples = "API_TOKEN")
        String varName,

        @Schema(required = true, description = "What it holds", examples = "https://shop.example.com")
        String value,

        @Schema(description = "Of a secret file only: its absolute path", examples = "/etc/shop/token")
        String path) {

    @JsonIgnore
    boolean isSecret() {
        return key != null || path != null;
    }

    EnvironmentVariable toVariable() {
        return new EnvironmentVariable(varName, value);
    }

    EnvironmentSecret toSecret() {
        return new EnvironmentSecret(key, varName, value, path);
    }

    /** Without the value: records are logged easily. */
    @Override
    public String toString() {
        return "EnvironmentEntry[" + (isSecret() ? key : varName) + "]";
    }
}
