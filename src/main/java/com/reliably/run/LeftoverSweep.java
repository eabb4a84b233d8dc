package com.reliably.run;

import com.reliably.runner.Leftover;
import com.reliably.runner.Runner;
import com.reliably.runner.Runners;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Ends and removes what this server finds of runs that nobody follows any more: a crash came between the end of the run
 * and the cleaning up, or another server went on with the run while this one was away.
 */
@ApplicationScoped
class LeftoverSweep {

    private static final Logger LOG = Logger.getLogger(LeftoverSweep.class);

    private final Runners runners;
    private final RunClaims claims;

    LeftoverSweep(Runners runners, RunClaims claims) {
        this.runners = runners;
        this.claims = claims;
    }

    @Scheduled(
            every = "${reliably.runs.sweep:1m}",
            delayed = "5s",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
            identity = "leftovers")
    Uni<Void> sweep() {
        return Multi.createFrom()
                .iterable(runners.all())
                .onItem()
                .transformToUniAndConcatenate(this::sweep)
                .collect()
                .last()
                .replaceWithVoid()
                .onFailure()
                .invoke(e -> LOG.debugf("What runs left is looked for later: %s", e.toString()))
                .onFailure()
                .recoverWithNull();
    }

    private Uni<Void> sweep(Runner runner) {
        return runner.leftovers()
                .chain(found -> found.isEmpty()
                        ? Uni.createFrom().voidItem()
                        : claims.look(found.stream().map(Leftover::runId).collect(Collectors.toSet()))
                                .chain(runs -> discard(runner, notNeeded(runner, found, runs))));
    }

    private List<Leftover> notNeeded(Runner runner, List<Leftover> found, List<Run> runs) {
        Map<UUID, Run> byId = runs.stream().collect(Collectors.toMap(run -> run.id, run -> run));
        return found.stream()
                .filter(leftover -> !isNeeded(runner, leftover, byId.get(leftover.runId())))
                .toList();
    }

    /** What only this server has is its own; an engine may be shared with installations that have other databases. */
    private boolean isNeeded(Runner runner, Leftover leftover, Run run) {
        if (run == null) {
            return !runner.isBoundToServer();
        }
        if (run.state().isFinal()) {
            return false;
        }
        return leftover.reference().equals(run.externalReference) || claims.isOurs(run, leftover.attempt());
    }

    private Uni<Void> discard(Runner runner, List<Leftover> leftovers) {
        return Multi.createFrom()
                .iterable(leftovers)
                .onItem()
                .transformToUniAndConcatenate(leftover -> runner.discard(leftover)
                        .invoke(() -> LOG.infof(
                                "Removed what attempt %d at run %s left (%s)",
                                leftover.attempt(), leftover.runId(), leftover.reference()))
                        .onFailure()
                        .invoke(e -> LOG.warnf("%s cannot be removed: %s", leftover.reference(), e.toString()))
                        .onFailure()
                        .recoverWithNull())
                .collect()
                .last()
                .replaceWithVoid();
    }
}
