package com.reliably.environment;

import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The document's name for a page of environments; they are written by {@link EnvironmentReads}. */
@Schema(name = "Environments", description = "One page of a list")
record EnvironmentPage(
        @Schema(description = "How many items the whole list has, at the moment of the answer", examples = "1")
        long count,

        @Schema(description = "The items of this page; empty beyond the end")
        List<EnvironmentView> items) {}
