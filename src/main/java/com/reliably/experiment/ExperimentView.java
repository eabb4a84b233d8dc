package com.reliably.experiment;

import com.reliably.web.RawJson;
import java.time.Instant;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** An experiment as it is shown. */
@Schema(name = "Experiment")
record ExperimentView(
        @Schema(description = "The Chaos Toolkit experiment, with the control by which a run reports to this server")
        RawJson definition,

        UUID id,
        UUID orgId,
        @Schema(nullable = true) UUID templateId,
        Instant createdDate,

        @Schema(description = "How many executions were reported of it")
        long executionsCount) {

    static ExperimentView of(Experiment experiment, long executions) {
        return new ExperimentView(
                new RawJson(experiment.text()),
                experiment.id,
                experiment.orgId,
                experiment.templateId,
                experiment.createdAt,
                executions);
    }
}
