package com.reliably.runner.kubernetes;

import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.KubernetesJobDefinition;
import com.reliably.runner.CheckResult;
import com.reliably.runner.DeploymentGone;
import com.reliably.runner.EngineSchedule;
import com.reliably.runner.EngineSchedules;
import com.reliably.runner.LaunchRequest;
import com.reliably.runner.Launched;
import com.reliably.runner.Leftover;
import com.reliably.runner.RunAtEngine;
import com.reliably.runner.Runner;
import com.reliably.runner.RunnerEvent;
import com.reliably.runner.ScheduleEvent;
import com.reliably.runner.kubernetes.cluster.KubernetesClusters;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;

/**
 * Runs plans in Kubernetes clusters: one Job a run, whose Pod runs the CLI; and one CronJob a plan that has a cron schedule.
 *
 * <p>All that is known of a run stands in its cluster: that it was let begin, cancelled or given up are annotations of its
 * Job. Whichever server has the run sees the same.
 */
@Singleton
final class KubernetesRunner implements Runner, EngineSchedules {

    private final KubernetesClusters clusters;
    private final JobLauncher launcher;
    private final CronSchedules schedules;
    private final KubernetesChecks checks;
    private final JobCalls calls;
    private final NamespaceWatches watches;
    private final JobObjects objects;
    private final KubernetesSettings settings;
    private final Clock clock;
    /** Organisations whose runs this server has followed: only their Jobs are this installation's for certain. */
    private final Set<String> organizations = ConcurrentHashMap.newKeySet();

    KubernetesRunner(
            KubernetesClusters clusters,
            JobLauncher launcher,
            CronSchedules schedules,
            KubernetesChecks checks,
            JobCalls calls,
            NamespaceWatches watches,
            JobObjects objects,
            KubernetesSettings settings,
            Clock clock) {
        this.clusters = clusters;
        this.launcher = launcher;
        this.schedules = schedules;
        this.checks = checks;
        this.calls = calls;
        this.watches = watches;
        this.objects = objects;
        this.settings = settings;
        this.clock = clock;
    }

    @Override
    public Set<String> types() {
        return Set.of(KubernetesJobDefinition.TYPE);
    }

    @Override
    public boolean runs(DeploymentDefinition definition) {
        return definition instanceof KubernetesJobDefinition;
    }

    @Override
    public boolean knows(String reference) {
        return JobReference.is(reference);
    }

    @Override
    public int atOnce() {
        return settings.atOnce();
    }

    /** Every server that has the deployment's credentials sees the same Jobs. */
    @Override
    public boolean isBoundToServer() {
        return false;
    }

    @Override
    public Uni<Launched> launch(LaunchRequest request) {
        return launcher.launch(request);
    }

    /** What was not let begin is removed: it has had no effect, and will have none. */
    @Override
    public Uni<Optional<String>> find(RunAtEngine run) {
        return definitionOf(run).chain(definition -> {
            JobReference reference = JobReference.of(definition.namespace(), run.planId(), run.runId());
            return clusters.clientFor(run.orgId(), definition)
                    .chain(client -> calls.get(client, reference).chain(found -> find(client, run, reference, found)));
        });
    }

    private Uni<Optional<String>> find(
            KubernetesClient client, RunAtEngine run, JobReference reference, Optional<Job> found) {
        Optional<Job> ours = found.filter(job -> JobLauncher.isOf(job, run.runId()));
        if (ours.isEmpty() || JobLauncher.isBegun(ours.get())) {
            return Uni.createFrom().item(ours.map(job -> reference.toString()));
        }
        return calls.deleteUnchanged(client, ours.get())
                .chain(removed -> removed
                        ? Uni.createFrom().item(Optional.empty())
                        // It has changed this moment.
                        : calls.get(client, reference).chain(now -> find(client, run, reference, now)));
    }

    @Override
    public Multi<RunnerEvent> observe(RunAtEngine run, long fromByte) {
        organizations.add(run.orgId().toString());
        return Multi.createFrom().deferred(() -> new JobFollower(
                        run, fromByte, clusters, watches, calls, settings, objects.serverUrl(), clock)
                .events());
    }

    @Override
    public Uni<Void> cancel(RunAtEngine run) {
        return atCluster(run, calls::cancel);
    }

    @Override
    public Uni<Void> cleanUp(RunAtEngine run) {
        return atCluster(run, calls::delete);
    }

    /** A Job that is gone needs nothing any more. */
    private Uni<Void> atCluster(RunAtEngine run, BiFunction<KubernetesClient, JobReference, Uni<Void>> call) {
        JobReference reference = JobReference.parse(run.reference());
        return definitionOf(run)
                .chain(clusters::leaseToEnd)
                .chain(lease -> call.apply(lease.client(), reference)
                        .onFailure(failure -> !JobCalls.isGone(failure))
                        .transform(lease::explain)
                        .onTermination()
                        .invoke(lease::close))
                // Its deployment is gone, but a watch with the credentials that it had is not yet.
                .onFailure(DeploymentGone.class)
                .recoverWithUni(gone -> watchOf(reference)
                        .map(watch -> call.apply(watch.client(), reference))
                        .orElseGet(() -> Uni.createFrom().failure(gone)))
                .onFailure(JobCalls::isGone)
                .recoverWithNull()
                .onFailure(failure -> !(failure instanceof DeploymentGone))
                .transform(failure -> new IllegalStateException(
                        ClusterFault.of(failure, reference.namespace()).words(), failure));
    }

    private static Uni<KubernetesJobDefinition> definitionOf(RunAtEngine run) {
        return run.definition().get().map(definition -> {
            if (definition instanceof KubernetesJobDefinition kubernetes) {
                return kubernetes;
            }
            throw new DeploymentGone();
        });
    }

    /**
     * Jobs in namespaces that this server watches which have ended, or were never begun, a while ago. What a crash leaves
     * where nothing runs any more is removed by the cluster itself, after {@link KubernetesSettings#keepFinished}.
     */
    @Override
    public Uni<List<Leftover>> leftovers() {
        Instant before = Instant.now(clock).minus(settings.leftoverAfter());
        List<Leftover> found = new ArrayList<>();
        for (NamespaceWatch watch : watches.all()) {
            for (Job job : watch.jobs()) {
                if (isLeftOver(job, before)) {
                    leftover(watch, job).ifPresent(found::add);
                }
            }
        }
        return Uni.createFrom().item(found);
    }

    private boolean isLeftOver(Job job, Instant before) {
        boolean ours =
                Marks.label(job, Marks.ORG).filter(organizations::contains).isPresent();
        boolean quiet =
                JobEnd.isFinished(job) || Boolean.TRUE.equals(job.getSpec().getSuspend());
        return ours
                && quiet
                && job.getMetadata().getDeletionTimestamp() == null
                && lastChange(job).isBefore(before);
    }

    private static Instant lastChange(Job job) {
        Instant latest = Instant.parse(job.getMetadata().getCreationTimestamp());
        if (job.getStatus() != null) {
            for (var condition : job.getStatus().getConditions()) {
                latest = later(latest, condition.getLastTransitionTime());
            }
        }
        return latest;
    }

    private static Instant later(Instant one, String other) {
        try {
            Instant time = other == null ? one : Instant.parse(other);
            return time.isAfter(one) ? time : one;
        } catch (DateTimeException e) {
            return one;
        }
    }

    private static Optional<Leftover> leftover(NamespaceWatch watch, Job job) {
        try {
            UUID runId = UUID.fromString(Marks.label(job, Marks.RUN).orElse(""));
            int attempt = Integer.parseInt(Marks.annotation(job, Marks.ATTEMPT).orElse(""));
            JobReference reference =
                    new JobReference(watch.namespace(), job.getMetadata().getName());
            return Optional.of(new Leftover(runId, attempt, reference.toString()));
        } catch (IllegalArgumentException e) {
            // Of a CronJob, which keeps its own history, or not of ours.
            return Optional.empty();
        }
    }

    @Override
    public Uni<Void> discard(Leftover leftover) {
        JobReference reference = JobReference.parse(leftover.reference());
        return watchOf(reference)
                .map(watch -> calls.delete(watch.client(), reference))
                .orElseGet(() -> Uni.createFrom().voidItem());
    }

    /** The watch that shows a Job; its name is the run's, so that no two clusters have the same. */
    private Optional<NamespaceWatch> watchOf(JobReference reference) {
        return watches.all().stream()
                .filter(watch -> watch.namespace().equals(reference.namespace())
                        && watch.job(reference.job()).isPresent())
                .findFirst();
    }

    /** One CronJob a plan and namespace. */
    @Override
    public String place(DeploymentDefinition definition) {
        return definition instanceof KubernetesJobDefinition kubernetes ? kubernetes.namespace() : "";
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

    @Override
    public Uni<List<CheckResult>> check(UUID orgId, DeploymentDefinition definition) {
        return checks.check(orgId, (KubernetesJobDefinition) definition);
    }
}
