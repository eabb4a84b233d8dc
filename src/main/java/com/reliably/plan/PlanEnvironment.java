package com.reliably.plan;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What a plan's experiments find around them.
 *
 * @param provider where the environment is kept; null in a request means GitHub where there is a name
 * @param name     the name of an environment of the GitHub repository; only with that provider
 * @param id       an environment of this server
 */
@Schema(name = "PlanEnvironment")
record PlanEnvironment(
        @Schema(defaultValue = "reliably_cloud") Provider provider,

        @Schema(
                nullable = true,
                description = "With the provider `github`: the environment's name in the repository",
                examples = "production")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        String name,

        @Schema(nullable = true, description = "An environment of this organization")
        UUID id) {

    /** Where an environment is kept. */
    @Schema(
            name = "PlanEnvironmentProvider",
            enumeration = {"reliably_cloud", "github"},
            description = "`reliably_cloud`: here (the name is that of existing clients); `github`: in the repository")
    public enum Provider {
        RELIABLY_CLOUD,
        GITHUB;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    PlanEnvironment {
        provider = provider != null ? provider : name == null ? Provider.RELIABLY_CLOUD : Provider.GITHUB;
        name = provider == Provider.GITHUB ? name : null;
    }

    /** Whether this names no environment at all, as existing clients say it. */
    @JsonIgnore
    boolean isNone() {
        return provider == Provider.RELIABLY_CLOUD && id == null;
    }
}
