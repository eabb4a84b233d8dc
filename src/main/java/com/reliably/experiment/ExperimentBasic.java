package com.reliably.experiment;

import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** An experiment to pick from a list. */
@Schema(name = "ExperimentBasic")
record ExperimentBasic(
        UUID id,
        @Schema(nullable = true) UUID templateId,
        @Schema(examples = "The service answers") String title,
        long executionsCount) {}
