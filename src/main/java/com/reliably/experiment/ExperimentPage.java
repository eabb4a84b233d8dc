package com.reliably.experiment;

import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The document's name for a page of experiments; they are written by {@link ExperimentTexts}. */
@Schema(name = "Experiments", description = "One page of a list")
record ExperimentPage(
        @Schema(description = "How many items the whole list has, at the moment of the answer", examples = "1")
        long count,

        @Schema(description = "The items of this page; empty beyond the end")
        List<ExperimentView> items) {}
