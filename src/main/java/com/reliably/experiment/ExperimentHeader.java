package com.reliably.experiment;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.UUID;

/** An experiment without its definition. */
@RegisterForReflection
record ExperimentHeader(
        UUID id, String title, String description, UUID templateId, Instant createdAt, UUID createdBy) {}
