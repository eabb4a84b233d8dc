package com.reliably.run;

import com.reliably.access.TokenService;
import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.DeploymentService;
import com.reliably.runner.RunnerEvent;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Writes down what happens to a run. Each method is one transaction, can be repeated, and does nothing to a run that has
 * ended: after a crash the same events are seen again.
 */
@ApplicationScoped
class RunJournal {

    private static final int QUOTED = 600;
    private static final Pattern CHATTER = Pattern.compile("^\\[\\S+ (DEBUG|INFO)] ");

    private final RunRepository repository;
    private final RunPlans plans;
    private final RunExecutions executions;
    private final DeploymentService deployments;
    private final TokenService tokens;
    private final RunSettings settings;
    private final Clock clock;

    RunJournal(
            RunRepository repository,
            RunPlans plans,
            RunExecutions executions,
            DeploymentService deployments,
            TokenService tokens,
            RunSettings settings,
            Clock clock) {
        this.repository = repository;
        this.plans = plans;
        this.executions = executions;
        this.deployments = deployments;
        this.tokens = tokens;
        this.settings = settings;
        this.clock = clock;
    }

    /**
     * The deployment of a run with its secrets in clear; null where it was deleted, or the plan before anything was
     * started. What was started is followed, and ended, whatever became of its plan.
     */
    @WithSession
    Uni<DeploymentDefinition> definitionFor(Run run) {
        return plans.runnable(run.orgId, run.planId)
                .chain(plan -> plan == null
                        ? Uni.createFrom().nullItem()
                        : deployments.clearDefinition(run.orgId, run.deploymentId));
    }

    /** A new token for the run; one that was made before ends. */
    @WithTransaction
    Uni<String> newToken(Run run) {
        return tokens.revokeOfRun(run.id)
                .chain(() -> tokens.createForRun(
                        run.orgId, run.planId, run.id, clock.instant().plus(settings.tokenLifetime())));
    }

    /** Its engine has the run, under this reference. */
    @WithTransaction
    Uni<Void> launched(Run run, String reference) {
        return repository
                .findLocked(run.orgId, run.id)
                .invoke(current -> current.externalReference = reference)
                .replaceWithVoid();
    }

    /** Takes down what the runner saw. */
    @WithTransaction
    Uni<Void> record(Run run, RunnerEvent event) {
        return repository.findLocked(run.orgId, run.id).chain(current -> {
            if (current == null || current.state().isFinal()) {
                return Uni.createFrom().voidItem();
            }
            if (event instanceof RunnerEvent.Started) {
                return started(current);
            }
            if (event instanceof RunnerEvent.Output output) {
                return output(current, output);
            }
            return ended(current, (RunnerEvent.Ended) event);
        });
    }

    /** The run could not be started. */
    @WithTransaction
    Uni<Void> failedToLaunch(Run run, String why) {
        return repository
                .findLocked(run.orgId, run.id)
                .chain(current -> current == null || current.state().isFinal()
                        ? Uni.createFrom().voidItem()
                        : end(current, new RunOutcome(RunState.FAILED, why)));
    }

    /** Somebody asked for the end before anything was started. */
    @WithTransaction
    Uni<Void> cancelledBeforeLaunch(Run run) {
        return repository
                .findLocked(run.orgId, run.id)
                .chain(current -> current == null || current.state().isFinal()
                        ? Uni.createFrom().voidItem()
                        : end(current, new RunOutcome(RunState.CANCELLED, "The run was cancelled before it began.")));
    }

    private Uni<Void> started(Run run) {
        return run.state() == RunState.RUNNING
                ? Uni.createFrom().voidItem()
                : plans.runChanged(run.become(RunState.RUNNING, clock.instant(), null));
    }

    private Uni<Void> output(Run run, RunnerEvent.Output output) {
        if (output.firstByte() < run.logRead) {
            return Uni.createFrom().voidItem();
        }
        long limit = settings.logLimit().asLongValue();
        run.logRead = output.nextByte();
        if (run.logKept > limit) {
            return Uni.createFrom().voidItem();
        }
        int size = output.text().getBytes(StandardCharsets.UTF_8).length;
        boolean last = run.logKept + size > limit;
        run.logKept += size;
        String text = last
                ? output.text() + "\n[reliably-server: the log is cut here, at " + limit + " bytes]\n"
                : output.text();
        return repository.addLog(run.id, output.firstByte(), text);
    }

    private Uni<Void> ended(Run run, RunnerEvent.Ended ended) {
        run.exitCode = ended.exitCode();
        return executions.ofRun(run.orgId, run.id).chain(reported -> repository
                .log(run.id)
                .chain(log -> end(run, RunOutcome.of(ended, reported, lastLines(log)))));
    }

    private Uni<Void> end(Run run, RunOutcome outcome) {
        Instant now = clock.instant();
        RunChange change = run.become(outcome.state(), now, outcome.error());
        return executions
                .abandon(run.orgId, run.id)
                .chain(() -> tokens.revokeOfRun(run.id))
                .chain(() -> plans.runChanged(change));
    }

    /** The end of the output, for people: the client's chatter left out, the faults kept. */
    private static String lastLines(String log) {
        List<String> lines = log.strip()
                .lines()
                .filter(line -> !line.isBlank() && !CHATTER.matcher(line).find())
                .toList();
        String text = String.join("\n", lines.subList(Math.max(0, lines.size() - 6), lines.size()));
        return text.length() <= QUOTED ? text : "…" + text.substring(text.length() - QUOTED);
    }
}
