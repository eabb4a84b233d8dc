package com.reliably.run;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The last word of a log that is followed. */
@Schema(name = "RunLogEnd", description = "How a run ended; the data of the event `end` of its log")
record RunLogEnd(
        RunState state,

        @Schema(nullable = true, description = "The client's: 0 completed, 1 deviated, 2 otherwise")
        Integer exitCode,

        @Schema(nullable = true, description = "Why it failed, was lost, was missed or was cancelled")
        String error) {}
