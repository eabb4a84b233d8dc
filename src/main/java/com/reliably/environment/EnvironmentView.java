package com.reliably.environment;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * An environment as it is shown. Secrets are masked, except in the clear view, which runs and administrators get.
 *
 * @param envvars in the order in which they were given
 * @param secrets in the order in which they were given
 */
@Schema(name = "Environment")
public record EnvironmentView(
        @Schema(examples = "staging") String name,
        List<EnvironmentVariable> envvars,
        List<EnvironmentSecret> secrets,
        EnvironmentUse usedFor,
        UUID id,
        UUID orgId,
        Instant createdDate) {

    EnvironmentView with(List<EnvironmentVariable> otherVariables, List<EnvironmentSecret> otherSecrets) {
        return new EnvironmentView(name, otherVariables, otherSecrets, usedFor, id, orgId, createdDate);
    }

    /** Without what is inside: records are logged easily. */
    @Override
    public String toString() {
        return "EnvironmentView[" + id + "]";
    }
}
