package com.reliably.run;

import com.reliably.access.TokenService;
import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.DeploymentService;
import com.reliably.environment.EnvironmentSecret;
import com.reliably.environment.EnvironmentService;
import com.reliably.runner.DeploymentGone;
import com.reliably.runner.LaunchFailure;
import com.reliably.runner.Launched;
import com.reliably.runner.RunnerEvent;
import com.reliably.runner.SecretFile;
import com.reliably.schedule.Overlap;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Writes down what happens to a run. Each method is one transaction, and can be repeated: after a crash the same events
 * are seen again. Each first makes sure that the run is still this server's, in the very attempt that the event belongs
 * to, and fails with {@link NoLongerOurs} where it is not: a server that was stopped for a minute, or cut off, may come
 * back to find that another one has gone on.
 */
@ApplicationScoped
class RunJournal {

    private static final int QUOTED = 600;
    private static final Pattern CHATTER = Pattern.compile("^\\[\\S+ (DEBUG|INFO)] ");

    private final RunRepository repository;
    private final RunClaims claims;
    private final RunPlans plans;
    private final RunExecutions executions;
    private final DeploymentService deployments;
    private final EnvironmentService environments;
    private final TokenService tokens;
    private final RunSettings settings;

    RunJournal(
            RunRepository repository,
            RunClaims claims,
            RunPlans plans,
            RunExecutions executions,
            DeploymentService deployments,
            EnvironmentService environments,
            TokenService tokens,
            RunSettings settings) {
        this.repository = repository;
        this.claims = claims;
        this.plans = plans;
        this.executions = executions;
        this.deployments = deployments;
        this.environments = environments;
        this.tokens = tokens;
        this.settings = settings;
    }

    /**
     * What a run needs to be launched, its secrets in clear; null where the plan was deleted, or its deployment, before
     * anything was started. What was started is followed, and ended, whatever became of its plan.
     */
    @WithSession
    Uni<Launchable> launchable(Run run) {
        return plans.runnable(run.orgId, run.planId)
                .chain(plan -> plan == null
                        ? Uni.createFrom().nullItem()
                        : deployments
                                .clearDefinition(run.orgId, run.deploymentId)
                                .map(definition -> definition == null
                                        ? null
                                        : new Launchable(
                                                definition,
                                                plan.timeout(),
                                                plan.providerEnvironment(),
                                                plan.overlap())));
    }

    /**
     * What there is to launch.
     *
     * @param timeout             how long the run may take; null where the runner's setting says
     * @param providerEnvironment what the plan names at the deployment's provider; may be null
     * @param overlap             whether runs of the plan may go on beside each other
     */
    record Launchable(DeploymentDefinition definition, Duration timeout, String providerEnvironment, Overlap overlap) {}

    /** The deployment of a run as it is now, its secrets in clear; fails with {@link DeploymentGone}. */
    @WithSession
    Uni<DeploymentDefinition> definition(Run run) {
        return deployments
                .clearDefinition(run.orgId, run.deploymentId)
                .onItem()
                .ifNull()
                .failWith(DeploymentGone::new);
    }

    /** The secret files that the experiments of a run read, in clear. */
    @WithSession
    Uni<List<SecretFile>> secretFiles(Run run) {
        return plans.runnable(run.orgId, run.planId)
                .chain(plan -> plan == null || plan.environmentId() == null
                        ? Uni.createFrom().nullItem()
                        : environments.clearForRun(run.orgId, plan.environmentId()))
                .map(environment -> environment == null
                        ? List.of()
                        : environment.secrets().stream()
                                .filter(EnvironmentSecret::isFile)
                                .map(secret -> new SecretFile(secret.path(), secret.value()))
                                .toList());
    }

    /** A new token for the run, for at least so long; one that was made before ends. */
    @WithTransaction
    Uni<String> newToken(Run run, Duration atLeast) {
        Duration lifetime = longer(atLeast, settings.tokenLifetime());
        return ours(run)
                .chain(() -> tokens.revokeOfRun(run.id))
                .chain(() -> tokens.createForRun(run.orgId, run.planId, run.id, lifetime));
    }

    /** A new token for the clients of any run of the plan, for at least so long. */
    @WithTransaction
    Uni<String> newPlanToken(Run run, Duration atLeast) {
        return ours(run)
                .chain(() -> plans.runnable(run.orgId, run.planId))
                .onItem()
                .ifNull()
                .failWith(() -> new LaunchFailure("The plan was deleted."))
                .chain(plan -> tokens.createForPlan(
                        run.orgId, run.planId, longer(atLeast, settings.tokenLifetime()), ofOneRun(plan)));
    }

    private Duration ofOneRun(RunnablePlan plan) {
        return plan.timeout() == null ? settings.tokenLifetime() : longer(plan.timeout(), settings.tokenLifetime());
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    /**
     * Its engine has the run.
     *
     * @return from where on its output is to be read
     */
    @WithTransaction
    Uni<Long> launched(Run run, Launched launched) {
        return ours(run).map(current -> {
            takeReference(current, launched);
            return current.logRead;
        });
    }

    private static void takeReference(Run run, Launched launched) {
        String reference = launched.reference();
        boolean relaunched = run.externalReference != null && !run.externalReference.equals(reference);
        if (relaunched) {
            run.logBase += run.logRead;
            run.logRead = 0;
        }
        run.externalReference = reference;
        run.externalUrl = launched.url();
    }

    /** Its engine had the run, and it was over with that. */
    @WithTransaction
    Uni<RunChange> launchedAndEnded(Run run, Launched launched) {
        return ours(run)
                .invoke(current -> takeReference(current, launched))
                .chain(current -> ended(current, launched.end()));
    }

    /**
     * Runs that were over with their launch, and of which there is nothing to clean up: they had no client and no token.
     *
     * @return the changes by run; those that this server has lost meanwhile, or that are to be cancelled, are left out
     */
    @WithTransaction
    Uni<Map<UUID, RunChange>> endAll(List<Run> runs, RunnerEvent.Ended ended) {
        Map<UUID, Integer> attempts = runs.stream().collect(Collectors.toMap(run -> run.id, run -> run.attempt));
        return repository.lockAll(attempts.keySet()).chain(current -> {
            List<RunChange> changes = current.stream()
                    .filter(run -> run.state() == RunState.LAUNCHING && run.cancelRequestedAt == null)
                    .filter(run -> claims.isOurs(run, attempts.get(run.id)))
                    .map(run -> {
                        run.exitCode = ended.exitCode();
                        RunOutcome outcome = RunOutcome.of(ended, List.of(), "");
                        return run.become(outcome.state(), outcome.error());
                    })
                    .toList();
            return plans.runsChanged(changes)
                    .replaceWith(changes.stream().collect(Collectors.toMap(RunChange::runId, change -> change)));
        });
    }

    /**
     * Everything is prepared: from here on the run counts as running, and is never launched again. To be committed
     * before the runner's permit.
     *
     * @return whether it may begin; not where somebody has asked for its end
     */
    @WithTransaction
    Uni<Boolean> begin(Run run) {
        return ours(run).chain(current -> {
            if (current.state() == RunState.RUNNING) {
                return Uni.createFrom().item(true);
            }
            return current.cancelRequestedAt != null
                    ? Uni.createFrom().item(false)
                    : started(current).replaceWith(true);
        });
    }

    /**
     * Takes down what the runner saw, the plan's secrets masked. Output may be held back until more comes.
     *
     * @param output what is held back; one for each time that a run is followed
     * @return the run's change of state; null where it had none
     */
    Uni<RunChange> record(Run run, MaskedOutput output, RunnerEvent event) {
        return plans.mask(run.orgId, run.planId).chain(mask -> {
            if (event instanceof RunnerEvent.Output piece) {
                return take(run, output.take(piece, mask));
            }
            if (event instanceof RunnerEvent.Ended ended) {
                return take(run, output.rest(mask))
                        .chain(() -> take(
                                run, new RunnerEvent.Ended(ended.how(), ended.exitCode(), mask.mask(ended.error()))));
            }
            return take(
                    run,
                    event instanceof RunnerEvent.Waiting waiting
                            ? new RunnerEvent.Waiting(mask.mask(waiting.why()))
                            : event);
        });
    }

    private Uni<RunChange> take(Run run, Optional<RunnerEvent.Output> output) {
        return output.map(piece -> take(run, piece))
                .orElseGet(() -> Uni.createFrom().nullItem());
    }

    @WithTransaction
    Uni<RunChange> take(Run run, RunnerEvent event) {
        return ours(run).chain(current -> {
            if (event instanceof RunnerEvent.Output output) {
                return output(current, output).replaceWith((RunChange) null);
            }
            if (event instanceof RunnerEvent.Ended ended) {
                return ended(current, ended);
            }
            if (event instanceof RunnerEvent.Waiting waiting) {
                return waits(current, waiting.why()).replaceWith((RunChange) null);
            }
            if (event instanceof RunnerEvent.Located located) {
                current.externalReference = located.reference();
                current.externalUrl = located.url();
                return Uni.createFrom().nullItem();
            }
            return started(current);
        });
    }

    /** Whether the last report of the client may still come: the run has ended, and its journal does not say how. */
    @WithSession
    Uni<Boolean> lacksLastReport(Run run, RunnerEvent.Ended ended) {
        return RunOutcome.dependsOnClient(ended)
                ? executions.ofRun(run.orgId, run.id).map(reported -> RunOutcome.lacksLastReport(ended, reported))
                : Uni.createFrom().item(false);
    }

    /** The run could not be launched; where its plan says so, it is tried again. */
    Uni<RunChange> launchFailed(Run run, String why) {
        return plans.mask(run.orgId, run.planId).chain(mask -> notLaunched(run, mask.mask(why)));
    }

    @WithTransaction
    Uni<RunChange> notLaunched(Run run, String why) {
        return ours(run).chain(current -> launchFailedNow(current, why));
    }

    private Uni<RunChange> launchFailedNow(Run current, String why) {
        return plans.runnable(current.orgId, current.planId).chain(plan -> {
            if (plan == null || current.launchFailures >= plan.launchRetries() || current.cancelRequestedAt != null) {
                return end(current, new RunOutcome(RunState.FAILED, why));
            }
            Duration wait = settings.retryAfter().multipliedBy(1L << Math.min(current.launchFailures, 6));
            String cause = "The launch failed, and is tried again (" + (current.launchFailures + 1) + " of "
                    + plan.launchRetries() + ") in " + wait.toSeconds() + " s: " + why;
            RunChange change = new RunChange(
                    current.id, current.planId, current.orgId, RunState.LAUNCHING, RunState.PENDING, null);
            return repository
                    .tryAgain(current, wait, cause)
                    .chain(() -> tokens.revokeOfRun(current.id))
                    .chain(() -> tell(change));
        });
    }

    /** Somebody asked for the end before anything was started. */
    @WithTransaction
    Uni<RunChange> cancelledBeforeLaunch(Run run) {
        return ours(run)
                .chain(current ->
                        end(current, new RunOutcome(RunState.CANCELLED, "The run was cancelled before it began.")));
    }

    /** The run, locked, as long as this server has it in this attempt; else fails with {@link NoLongerOurs}. */
    private Uni<Run> ours(Run run) {
        return repository.findLocked(run.orgId, run.id).invoke(current -> {
            if (current == null || current.state().isFinal() || !claims.isOurs(current, run.attempt)) {
                throw new NoLongerOurs(run.id);
            }
        });
    }

    private Uni<RunChange> started(Run run) {
        return run.state() == RunState.RUNNING ? Uni.createFrom().nullItem() : tell(run.become(RunState.RUNNING, null));
    }

    private Uni<Void> waits(Run run, String why) {
        if (run.state() == RunState.RUNNING || why.equals(run.error)) {
            return Uni.createFrom().voidItem();
        }
        run.error = why;
        return plans.runWaits(run.orgId, run.planId, why);
    }

    private Uni<RunChange> tell(RunChange change) {
        return plans.runChanged(change).replaceWith(change);
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
        return repository.addLog(run.id, run.logBase + output.firstByte(), text);
    }

    private Uni<RunChange> ended(Run run, RunnerEvent.Ended ended) {
        // Of what vanished nobody knows whether it had begun: it is lost, and never tried again.
        if (run.state() == RunState.LAUNCHING && ended.how() == RunnerEvent.How.UNPREPARED) {
            return launchFailedNow(run, ended.error());
        }
        run.exitCode = ended.exitCode();
        if (!RunOutcome.dependsOnClient(ended)) {
            return end(run, RunOutcome.of(ended, List.of(), ""));
        }
        return executions.ofRun(run.orgId, run.id).chain(reported -> (RunOutcome.quotesOutput(ended, reported)
                        ? repository.log(run.id).map(RunJournal::lastLines)
                        : Uni.createFrom().item(""))
                .chain(lines -> end(run, RunOutcome.of(ended, reported, lines))));
    }

    private Uni<RunChange> end(Run run, RunOutcome outcome) {
        // The plan before the executions, as where an engine's run is stored: else the two could wait for each other.
        return tell(run.become(outcome.state(), outcome.error()))
                .call(() -> executions.abandon(run.orgId, run.id))
                .call(() -> tokens.revokeOfRun(run.id));
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
