package com.reliably.experiment;

import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The document's name for all experiments at once; they are written by {@link ExperimentPicks}. */
@Schema(name = "ExperimentBasics", description = "All of a list")
record ExperimentBasics(
        @Schema(description = "How many items the list has", examples = "1")
        long count,

        List<ExperimentBasic> items) {}
