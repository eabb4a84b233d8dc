package com.reliably.runner.kubernetes;

import com.reliably.deployment.KubernetesJobDefinition;
import com.reliably.runner.DeploymentGone;
import com.reliably.runner.RunAtEngine;
import com.reliably.runner.RunnerEvent;
import com.reliably.runner.RunnerEvent.Ended;
import com.reliably.runner.RunnerEvent.How;
import com.reliably.runner.kubernetes.cluster.ClusterLease;
import com.reliably.runner.kubernetes.cluster.KubernetesClusters;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Follows one run: looks at what the namespace's watch shows of its Job and Pod whenever that has changed, and reads the
 * log. One look at a time; none of them waits on a thread.
 */
final class JobFollower {

    private static final Logger LOG = Logger.getLogger(JobFollower.class);

    /** A look happens at least so often: what only time tells (nothing has changed for too long) is seen then. */
    private static final Duration LOOK_AT_LEAST_EVERY = Duration.ofSeconds(2);
    /** How often the deployment's credentials are looked up; at once where the watch is cut. */
    private static final Duration CREDENTIALS_EVERY = Duration.ofSeconds(60);

    private static final Duration CREDENTIALS_EVERY_IN_TROUBLE = Duration.ofSeconds(5);
    /** How long a Job without a Pod, or a Pod on its node, is left in peace before the events are read. */
    private static final Duration ORDINARY_WAIT = Duration.ofSeconds(2);
    /** How long the cluster may take to show a Job that was just made. */
    private static final Duration SHOWN_WITHIN = Duration.ofSeconds(5);
    /** How much longer than its grace a Pod may take to end before it is removed by force. */
    private static final Duration FORCE_AFTER_GRACE = Duration.ofSeconds(15);

    private final RunAtEngine run;
    private final JobReference reference;
    private final long fromByte;
    private final KubernetesClusters clusters;
    private final NamespaceWatches watches;
    private final JobCalls calls;
    private final KubernetesSettings settings;
    private final String serverUrl;
    private final Clock clock;
    private final Bell bell = new Bell();
    private final long followedSince = System.nanoTime();

    private NamespaceWatch watch;
    private long credentialsAt;
    private PodLog log;
    private Job lastJob;
    private long absentSince;
    private long pendingSince = System.nanoTime();
    private boolean startedTold;
    private String waitingTold;
    private String lastCause;
    private boolean givingUp;
    private boolean forced;
    private boolean done;

    JobFollower(
            RunAtEngine run,
            long fromByte,
            KubernetesClusters clusters,
            NamespaceWatches watches,
            JobCalls calls,
            KubernetesSettings settings,
            String serverUrl,
            Clock clock) {
        this.run = run;
        this.reference = JobReference.parse(run.reference());
        this.fromByte = fromByte;
        this.clusters = clusters;
        this.watches = watches;
        this.calls = calls;
        this.settings = settings;
        this.serverUrl = serverUrl;
        this.clock = clock;
    }

    /** Everything that happens, to the end. */
    Multi<RunnerEvent> events() {
        return Multi.createBy()
                .repeating()
                .uni(() -> next().call(events ->
                        done || !events.isEmpty() ? Uni.createFrom().voidItem() : bell.waitAtMost(LOOK_AT_LEAST_EVERY)))
                .until(events -> events.isEmpty() && done)
                .onItem()
                .<RunnerEvent>disjoint()
                .onTermination()
                .invoke(this::close);
    }

    private synchronized void close() {
        if (watch != null) {
            watch.unfollow(reference.job(), bell);
        }
        if (log != null) {
            log.close();
        }
    }

    private Uni<List<RunnerEvent>> next() {
        if (done) {
            return Uni.createFrom().item(List.of());
        }
        bell.listen();
        return attach().chain(() -> look()).onFailure(DeploymentGone.class).recoverWithItem(this::gone);
    }

    private List<RunnerEvent> gone(Throwable failure) {
        done = true;
        return List.of(new Ended(How.VANISHED, null, failure.getMessage()));
    }

    /** Sees to it that the run is followed with the credentials that its deployment has now. */
    private Uni<Void> attach() {
        boolean trouble = watch == null || watch.isStopped() || watch.trouble().isPresent();
        Duration every = trouble ? CREDENTIALS_EVERY_IN_TROUBLE : CREDENTIALS_EVERY;
        if (credentialsAt != 0 && System.nanoTime() - credentialsAt < every.toNanos()) {
            return Uni.createFrom().voidItem();
        }
        credentialsAt = System.nanoTime();
        return run.definition()
                .get()
                .chain(definition -> definition instanceof KubernetesJobDefinition kubernetes
                        ? clusters.lease(run.orgId(), kubernetes)
                        : Uni.createFrom().failure(new DeploymentGone()))
                .invoke(lease -> attach(lease))
                .replaceWithVoid()
                // What is deleted meanwhile is followed to its end as long as the cluster takes the credentials it had.
                .onFailure(failure -> !trouble || !(failure instanceof DeploymentGone))
                .recoverWithUni(failure -> {
                    LOG.debugf("Run %s is followed with the credentials it had: %s", run.runId(), failure.toString());
                    return Uni.createFrom().voidItem();
                });
    }

    private synchronized void attach(ClusterLease lease) {
        if (watch != null && watch.client() == lease.client() && !watch.isStopped()) {
            lease.close();
            return;
        }
        if (watch != null) {
            watch.unfollow(reference.job(), bell);
        }
        if (log != null) {
            log.cut();
        }
        watch = watches.of(lease, reference.namespace());
        watch.follow(reference.job(), bell);
    }

    private Uni<List<RunnerEvent>> look() {
        if (watch == null) {
            return Uni.createFrom()
                    .item(waiting(
                            "The deployment's credentials cannot be used right now; the deployment's check says why."));
        }
        if (!watch.isReady()) {
            return Uni.createFrom()
                    .item(watch.trouble()
                            .map(failure -> waiting(ClusterFault.of(failure, reference.namespace())
                                    .words()))
                            .orElse(List.of()));
        }
        Optional<Job> job = watch.job(reference.job());
        job.ifPresent(seen -> {
            lastJob = seen;
            absentSince = 0;
        });
        return job.isPresent() ? look(false) : absent();
    }

    /** Not shown: it may be too new to be, or be gone. The API server knows. */
    private Uni<List<RunnerEvent>> absent() {
        if (absentSince == 0) {
            absentSince = System.nanoTime();
        }
        if (lastJob == null && System.nanoTime() - absentSince < SHOWN_WITHIN.toNanos()) {
            return Uni.createFrom().item(List.of());
        }
        return calls.get(watch.client(), reference)
                .chain(found -> {
                    if (found.isPresent()) {
                        lastJob = found.get();
                        return look(false);
                    }
                    if (lastJob == null) {
                        done = true;
                        return Uni.createFrom()
                                .item(List.<RunnerEvent>of(new Ended(
                                        How.VANISHED,
                                        null,
                                        "The cluster has no Job '" + reference.job() + "' in namespace '"
                                                + reference.namespace()
                                                + "' any more, so how the run ended is not known.")));
                    }
                    return look(true);
                })
                .onFailure()
                .recoverWithItem(failure ->
                        waiting(ClusterFault.of(failure, reference.namespace()).words()));
    }

    private Uni<List<RunnerEvent>> look(boolean jobGone) {
        Pod pod = watch.lastPod(reference.job()).orElse(null);
        JobEnd state = new JobEnd(
                lastJob, jobGone, pod, pod != null && watch.has(pod), lastCause, serverUrl, Instant.now(clock));
        List<RunnerEvent> events = new ArrayList<>();
        if (state.hasStarted()) {
            if (!startedTold) {
                startedTold = true;
                events.add(new RunnerEvent.Started());
            }
            openLog(pod, state);
        }
        Optional<Ended> end = state.end();
        if (end.isEmpty()) {
            if (log != null) {
                events.addAll(log.drain());
            }
            return force(state)
                    .chain(() -> startedTold || state.isCancelled()
                            ? Uni.createFrom().voidItem()
                            : seeWhyItWaits(pod, events))
                    .replaceWith(events);
        }
        return Uni.createFrom().item(finish(end.get(), events));
    }

    private synchronized void openLog(Pod pod, JobEnd state) {
        if (log == null) {
            log = new PodLog(reference.namespace(), pod.getMetadata().getName(), state.clientName(), fromByte, bell);
        }
        if (state.end().isEmpty()) {
            log.follow(watch.client());
        }
    }

    private List<RunnerEvent> finish(Ended end, List<RunnerEvent> events) {
        if (log != null) {
            log.finish(watch.client());
            events.addAll(log.drain());
            if (!log.isComplete()) {
                return events;
            }
        }
        events.add(end);
        done = true;
        return events;
    }

    /** A Pod that does not end in spite of its grace is removed: its node may be gone. */
    private Uni<Void> force(JobEnd state) {
        Pod pod = state.pod();
        if (forced
                || !state.isCancelled()
                || pod == null
                || !state.podThere()
                || deletedAt(pod).isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        // The deletion's time is when the grace ends.
        if (deletedAt(pod).get().plus(FORCE_AFTER_GRACE).isAfter(state.now())) {
            return Uni.createFrom().voidItem();
        }
        forced = true;
        return calls.deleteForcibly(watch.client(), pod)
                .onFailure()
                .invoke(failure -> LOG.warnf(
                        "The Pod of run %s cannot be removed by force: %s",
                        run.runId(),
                        ClusterFault.of(failure, reference.namespace()).words()))
                .onFailure()
                .recoverWithNull();
    }

    private static Optional<Instant> deletedAt(Pod pod) {
        return Optional.ofNullable(pod.getMetadata().getDeletionTimestamp()).map(Instant::parse);
    }

    private Uni<Void> seeWhyItWaits(Pod pod, List<RunnerEvent> events) {
        if (Marks.has(lastJob, Marks.GIVEN_UP)) {
            return Uni.createFrom().voidItem();
        }
        if (Boolean.TRUE.equals(lastJob.getSpec().getSuspend())) {
            if (Marks.has(lastJob, Marks.BEGUN) && !givingUp) {
                events.addAll(waiting("The Job '" + reference.job() + "' was suspended in the cluster by somebody else."
                        + " Resume it there, or cancel the run."));
            }
            return giveUpInTime();
        }
        if (PendingReason.needsEvents(pod) && System.nanoTime() - followedSince > ORDINARY_WAIT.toNanos()) {
            return watch.warnings()
                    .invoke(warnings -> tell(pod, warnings, events))
                    .chain(this::giveUpInTime);
        }
        tell(pod, Map.of(), events);
        return giveUpInTime();
    }

    private void tell(Pod pod, Map<String, io.fabric8.kubernetes.api.model.Event> warnings, List<RunnerEvent> events) {
        PendingReason.of(lastJob, pod, warnings).ifPresent(why -> {
            lastCause = why;
            events.addAll(waiting(why));
        });
    }

    /** Said once; what changes in the words, such as a back-off, is not news. */
    private List<RunnerEvent> waiting(String why) {
        if (startedTold || why.equals(waitingTold)) {
            return List.of();
        }
        waitingTold = why;
        return List.of(new RunnerEvent.Waiting(why));
    }

    private Uni<Void> giveUpInTime() {
        if (givingUp
                || System.nanoTime() - pendingSince < settings.beginsWithin().toNanos()) {
            return Uni.createFrom().voidItem();
        }
        givingUp = true;
        String why = lastCause == null
                ? "The Pod did not begin within " + settings.beginsWithin().toSeconds() + " s"
                        + " (RELIABLY_KUBERNETES_BEGINS_WITHIN)."
                : lastCause;
        return calls.giveUp(watch.client(), reference, why)
                .onFailure()
                .invoke(failure -> {
                    LOG.warnf("Run %s cannot be given up: %s", run.runId(), failure.toString());
                    givingUp = false;
                    pendingSince = System.nanoTime();
                })
                .onFailure()
                .recoverWithNull();
    }
}
