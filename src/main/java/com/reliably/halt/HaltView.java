package com.reliably.halt;

import com.reliably.organization.Halt;
import com.reliably.run.CancelledRun;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Whether an organisation is halted, and what was ended by that. */
@Schema(name = "Halt", description = "While an organization is halted, nothing of it is started")
record HaltView(
        boolean halted,
        @Schema(nullable = true) Instant haltedAt,

        @Schema(nullable = true, description = "The id of the token that halted it")
        UUID haltedBy,

        @Schema(nullable = true, examples = "Incident 4711: the checkout is down")
        String reason,

        @Schema(
                description =
                        "Runs whose end was asked for by this call, the first thousand of them; each tells by its state when it has"
                                + " ended")
        List<CancelledRun> runs,

        @Schema(
                description = "Executions that were started by hand or by CI, and that were asked by this call to"
                        + " terminate; their client sees it when it next looks")
        List<UUID> executions) {

    static HaltView of(Halt halt, List<CancelledRun> runs, List<UUID> executions) {
        return halt == null
                ? new HaltView(false, null, null, null, runs, executions)
                : new HaltView(true, halt.at(), halt.by(), halt.reason(), runs, executions);
    }
}
