package com.reliably.environment;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A variable that a run sees, and everybody else too.
 *
 * @param varName the name of an environment variable
 * @param value   may be empty
 */
@Schema(name = "EnvironmentVar", description = "A variable that everybody may see")
public record EnvironmentVariable(
        @Schema(required = true, examples = "TARGET_URL") String varName,

        @Schema(required = true, examples = "https://shop.example.com")
        String value) {}
