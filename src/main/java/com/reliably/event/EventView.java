package com.reliably.event;

import com.reliably.web.RawJson;
import java.time.Instant;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** An event as it is shown. */
@Schema(name = "Event", description = "A run, a plan or an execution was made, or came into another state")
record EventView(
        EventKind kind,

        @Schema(description = "The id of the run, the plan or the execution")
        UUID subjectId,

        @Schema(nullable = true, description = "The plan that it belongs to")
        UUID planId,

        @Schema(nullable = true, description = "The run that it belongs to")
        UUID runId,

        @Schema(
                description = "What it is now: the state of a run; the status of a plan, `deleted` or `suspended`;"
                        + " of an execution `created`, its status, or `finished`",
                examples = "running")
        String what,

        @Schema(nullable = true, description = "What it was before; null where it is new", examples = "launching")
        String from,

        Instant at,

        @Schema(
                description = "More about it. A run: `trigger`, `attempt`, `owner`, `exit_code`, `error`; a plan:"
                        + " `title`, `error`; an execution: `experiment_id`, `status`, `deviated`")
        RawJson detail) {}
