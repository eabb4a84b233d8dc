package com.reliably.experiment;

import jakarta.validation.constraints.NotNull;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** An experiment to import, or what to make of one. */
@Schema(name = "ExperimentDocument")
record ExperimentDocument(
        @Schema(
                description = "The Chaos Toolkit experiment, as a string of JSON or YAML",
                examples = "title: The service answers\ndescription: A first experiment\nmethod: []\n")
        @NotNull
        String experiment) {}
