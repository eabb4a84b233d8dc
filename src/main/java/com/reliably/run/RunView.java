package com.reliably.run;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A run as it is shown. */
@Schema(name = "Run", description = "One attempt to carry out a plan")
record RunView(
        UUID id,
        UUID planId,
        UUID deploymentId,
        UUID orgId,
        RunState state,
        RunTrigger trigger,

        @Schema(nullable = true, description = "When the schedule said that it should run")
        Instant nominalTime,

        Instant createdAt,

        @Schema(nullable = true, description = "When a server took it up")
        Instant claimedAt,

        @Schema(nullable = true, description = "When the client was started")
        Instant startedAt,

        @Schema(nullable = true) Instant endedAt,

        @Schema(nullable = true, description = "The server that has it, or had it last")
        String owner,

        @Schema(description = "How many times a server has taken it up", examples = "1")
        int attempt,

        @Schema(nullable = true, description = "By which name its engine knows it")
        String externalReference,

        @Schema(nullable = true, description = "Where its engine shows it")
        String externalUrl,

        @Schema(nullable = true, description = "The client's: 0 completed, 1 deviated, 2 otherwise")
        Integer exitCode,

        @Schema(nullable = true, description = "Why it failed, was lost or was missed")
        String error,

        @Schema(description = "What its client reported") List<UUID> executionIds,

        @Schema(nullable = true, description = "Its way so far; only where one run is asked for")
        List<RunTransition> history) {

    static RunView of(Run run, List<UUID> executionIds, List<RunTransition> history) {
        return new RunView(
                run.id,
                run.planId,
                run.deploymentId,
                run.orgId,
                run.state(),
                RunTrigger.of(run.trigger),
                run.nominalTime,
                run.createdAt,
                run.claimedAt,
                run.startedAt,
                run.endedAt,
                run.owner,
                run.attempt,
                run.externalReference,
                run.externalUrl,
                run.exitCode,
                run.error,
                executionIds,
                history);
    }
}
