package com.reliably.environment;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** An environment for a picker. */
@Schema(name = "SimpleEnvironment")
@RegisterForReflection
public record SimpleEnvironment(
        UUID id, @Schema(examples = "staging") String name) {}
