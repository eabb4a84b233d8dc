package com.reliably.experiment;

import com.reliably.web.JsonText;
import jakarta.validation.constraints.NotNull;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** An experiment to create. */
@Schema(name = "ExperimentCreate")
record ExperimentInput(
        @Schema(
                description = "The Chaos Toolkit experiment: an object, or a string of JSON",
                examples =
                        "{\"title\": \"The service answers\", \"description\": \"A first experiment\", \"method\": []}")
        @NotNull
        JsonText definition,

        @Schema(nullable = true, description = "There are no templates here: null, or left out")
        UUID templateId) {}
