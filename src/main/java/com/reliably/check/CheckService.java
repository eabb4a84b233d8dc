package com.reliably.check;

import com.reliably.access.Caller;
import com.reliably.audit.AuditTrail;
import com.reliably.deployment.CliDefinition;
import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.DeploymentService;
import com.reliably.problem.ProblemException;
import com.reliably.runner.CheckResult;
import com.reliably.runner.Runner;
import com.reliably.runner.Runners;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executor;
import org.jboss.logging.Logger;

/** Has a deployment looked at by the runner that would run its plans. */
@ApplicationScoped
class CheckService {

    private static final Logger LOG = Logger.getLogger(CheckService.class);
    private static final String RUNNER = "runner available";
    private static final Duration LONGEST = Duration.ofMinutes(3);

    private final CheckedDeployments deployments;
    private final Runners runners;

    CheckService(CheckedDeployments deployments, Runners runners) {
        this.deployments = deployments;
        this.runners = runners;
    }

    /**
     * Checks a deployment.
     *
     * @return fails with a 404 where the organisation has none of this id
     */
    Uni<DeploymentCheck> check(Caller caller, UUID id) {
        Executor request = executorOf(Vertx.currentContext());
        // No database connection is held while engines are asked.
        return deployments
                .toBeChecked(caller, id)
                .chain(definition -> check(caller.orgId(), id, definition))
                .emitOn(request)
                .map(DeploymentCheck::of);
    }

    /** Runners answer on any thread; the rest of a request belongs to its own context. */
    private static Executor executorOf(Context context) {
        return work -> context.runOnContext(ignored -> work.run());
    }

    private Uni<List<CheckResult>> check(UUID orgId, UUID id, DeploymentDefinition definition) {
        if (definition instanceof CliDefinition cli && !cli.isManaged()) {
            return only(CheckResult.passed(
                    "started by others",
                    "Plans with this deployment are started by you or your CI; there is nothing on the server's side to"
                            + " check."));
        }
        return runners.of(definition)
                .map(runner -> check(orgId, id, runner, definition))
                .orElseGet(() -> only(CheckResult.failed(
                        RUNNER,
                        "This server has no runner for deployments of the type '" + definition.typeName() + "'.",
                        "Use another type.")));
    }

    private Uni<List<CheckResult>> check(UUID orgId, UUID id, Runner runner, DeploymentDefinition definition) {
        return Uni.createFrom()
                .deferred(() -> runner.check(orgId, id, definition))
                .ifNoItem()
                .after(LONGEST)
                .fail()
                .onFailure(TimeoutException.class)
                .recoverWithItem(() -> List.of(CheckResult.failed(
                        "finished in time",
                        "The check did not end within " + LONGEST.toMinutes() + " minutes.",
                        "See whether the engine of the deployment answers, then check again.")))
                // Whatever it is, it may have quoted a secret: only the log of the server's operator has it.
                .onFailure()
                .invoke(failure ->
                        LOG.errorf(failure, "A deployment of type %s cannot be checked", definition.typeName()))
                .onFailure()
                .recoverWithItem(() -> List.of(CheckResult.failed(
                        "check possible",
                        "The check failed for a reason that is in the server's log.",
                        "Check again; show the server's log to its operator.")));
    }

    private static Uni<List<CheckResult>> only(CheckResult result) {
        return Uni.createFrom().item(List.of(result));
    }

    /** What the database has to do with a check. */
    @ApplicationScoped
    static class CheckedDeployments {

        private final DeploymentService deployments;
        private final AuditTrail audit;

        CheckedDeployments(DeploymentService deployments, AuditTrail audit) {
            this.deployments = deployments;
            this.audit = audit;
        }

        /** The definition in clear, whose use is recorded. */
        @WithTransaction
        Uni<DeploymentDefinition> toBeChecked(Caller caller, UUID id) {
            return deployments
                    .clearDefinition(caller.orgId(), id)
                    .onItem()
                    .ifNull()
                    .failWith(() -> ProblemException.notFound("No deployment of this organization has this id."))
                    .call(() -> audit.record(caller, "deployment.check", "deployment", id, null));
        }
    }
}
