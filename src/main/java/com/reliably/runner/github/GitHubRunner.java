package com.reliably.runner.github;

import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.GitHubDefinition;
import com.reliably.runner.CheckResult;
import com.reliably.runner.EngineSchedule;
import com.reliably.runner.EngineSchedules;
import com.reliably.runner.LaunchRequest;
import com.reliably.runner.Launched;
import com.reliably.runner.RunAtEngine;
import com.reliably.runner.Runner;
import com.reliably.runner.RunnerEvent;
import com.reliably.runner.ScheduleEvent;
import com.reliably.runner.github.api.GitHubApis;
import com.reliably.runner.github.api.RepositoryAddress;
import com.reliably.runner.github.repository.ServiceTokens;
import com.reliably.runner.github.repository.WorkflowKeeper;
import com.reliably.runner.github.webhook.RepositoryNews;
import com.reliably.runner.github.webhook.WebhookChecks;
import com.reliably.start.PublicUrl;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * Runs plans as workflows of GitHub repositories.
 *
 * <p>A launch only takes down that the run is wanted. Everything else (the workflow's file, the dispatch, the search for what
 * an earlier dispatch made) belongs to observing it, because each of it may have to wait, for hours where GitHub's rate limit
 * is reached, and can be gone on with by any server.
 */
@Singleton
final class GitHubRunner implements Runner, EngineSchedules {

    private static final Logger LOG = Logger.getLogger(GitHubRunner.class);

    private final RunObservation.Parts parts;
    private final DispatchStore store;
    private final GitHubApis apis;
    private final GitHubSchedules schedules;
    private final WebhookChecks webhooks;

    GitHubRunner(
            GitHubApis apis,
            DispatchStore store,
            WorkflowKeeper keeper,
            RepositoryRuns runs,
            RepositoryNews news,
            GitHubSettings settings,
            PublicUrl publicUrl,
            GitHubSchedules schedules,
            ServiceTokens serviceTokens,
            WebhookChecks webhooks,
            Clock clock) {
        this.parts =
                new RunObservation.Parts(apis, store, keeper, runs, news, serviceTokens, settings, publicUrl, clock);
        this.store = store;
        this.apis = apis;
        this.schedules = schedules;
        this.webhooks = webhooks;
    }

    @Override
    public Set<String> types() {
        return Set.of(GitHubDefinition.TYPE);
    }

    @Override
    public boolean runs(DeploymentDefinition definition) {
        return definition instanceof GitHubDefinition;
    }

    @Override
    public boolean knows(String reference) {
        return reference.startsWith(Dispatch.SCHEME);
    }

    @Override
    public int atOnce() {
        return parts.settings().atOnce();
    }

    @Override
    public boolean mayWaitForHours() {
        return true;
    }

    @Override
    public boolean isBoundToServer() {
        return false;
    }

    @Override
    public Uni<Launched> launch(LaunchRequest request) {
        return found(request.atEngine())
                // What GitHub may have is followed, whatever its deployment says by now.
                .chain(order -> order != null && order.mayBeAtGitHub()
                        ? Uni.createFrom().item(order)
                        : Uni.createFrom()
                                // Says at once what is missing.
                                .item(() -> apis.of(request.definition()))
                                .chain(() -> store.order(request)))
                .map(order -> new Launched(order.reference(), order.url(), null));
    }

    @Override
    public Uni<Optional<String>> find(RunAtEngine run) {
        return found(run).map(order -> Optional.ofNullable(order).map(Dispatch::reference));
    }

    /**
     * The order, or null where there is none. Servers that take a launch over find it; a launch that failed, and whose order
     * could not be removed, has nothing to do with the next.
     */
    private Uni<Dispatch> found(RunAtEngine run) {
        return store.forgetFailed(run).chain(() -> store.find(run.orgId(), run.runId()));
    }

    @Override
    public Multi<RunnerEvent> observe(RunAtEngine run, long fromByte) {
        return new RunObservation(parts, run, fromByte).events();
    }

    @Override
    public Uni<Void> cancel(RunAtEngine run) {
        return store.cancel(run.orgId(), run.runId())
                .chain(order ->
                        order == null ? startedByGitHub(run) : Uni.createFrom().item(order))
                // What is only wanted is cancelled by who follows it.
                .chain(order -> order == null || order.gitHubRun() == null
                        ? Uni.createFrom().voidItem()
                        : cancel(run, order));
    }

    /** That its end is wanted is taken down of such a run too, for who follows it. */
    private Uni<Dispatch> startedByGitHub(RunAtEngine run) {
        return GitHubReference.of(run.reference())
                .map(known -> store.cancel(run, known.id(), known.url()))
                .orElseGet(() -> Uni.createFrom().nullItem());
    }

    /** At once; where that fails, who follows it goes on trying. */
    private Uni<Void> cancel(RunAtEngine run, Dispatch order) {
        return run.definition()
                .get()
                .map(definition -> RunPlace.of(order, run.reference()).of(definition))
                .chain(definition -> apis.of(definition).cancel(order.gitHubRun()))
                .onFailure()
                .invoke(failure -> LOG.infof(
                        "Run %s is not cancelled at once, but when it is looked at next: %s",
                        run.runId(), failure.toString()))
                .onFailure()
                .recoverWithNull();
    }

    @Override
    public Uni<Void> cleanUp(RunAtEngine run) {
        return store.forget(run.orgId(), run.runId());
    }

    @Override
    public Uni<List<CheckResult>> check(UUID orgId, DeploymentDefinition definition) {
        return new GitHubChecks(apis, parts.publicUrl(), parts.settings(), (GitHubDefinition) definition).all();
    }

    @Override
    public Uni<List<CheckResult>> check(UUID orgId, UUID deploymentId, DeploymentDefinition definition) {
        return check(orgId, definition)
                .chain(results -> webhooks.check(orgId, deploymentId, (GitHubDefinition) definition)
                        .map(webhook -> Stream.concat(results.stream(), Stream.of(webhook))
                                .toList()));
    }

    @Override
    public String place(DeploymentDefinition definition) {
        GitHubDefinition gitHub = (GitHubDefinition) definition;
        return RepositoryAddress.nameOf(gitHub) + " " + gitHub.ref();
    }

    /** The workflow of a plan that is dispatched stays for its next run. */
    @Override
    public boolean keepsWhatRunsLeave() {
        return true;
    }

    @Override
    public Uni<String> install(EngineSchedule schedule) {
        return schedules.install(schedule);
    }

    @Override
    public Uni<Void> remove(EngineSchedule schedule) {
        return schedules.remove(schedule);
    }

    @Override
    public Multi<ScheduleEvent> watch(EngineSchedule schedule) {
        return schedules.watch(schedule);
    }
}
