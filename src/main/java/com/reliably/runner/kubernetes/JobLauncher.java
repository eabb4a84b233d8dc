package com.reliably.runner.kubernetes;

import com.reliably.deployment.KubernetesJobDefinition;
import com.reliably.runner.LaunchFailure;
import com.reliably.runner.LaunchRequest;
import com.reliably.runner.Launched;
import com.reliably.runner.SecretFile;
import com.reliably.runner.kubernetes.ClusterFault.Kind;
import com.reliably.runner.kubernetes.cluster.ClusterFailure;
import com.reliably.runner.kubernetes.cluster.ClusterLease;
import com.reliably.runner.kubernetes.cluster.KubernetesClusters;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * Starts runs as Jobs such that a crash at any moment leaves nothing that runs twice, and nothing that stays.
 *
 * <p>A Job is made suspended; then the run's token, then the Secret, which is owned by the Job; then the Job is let begin,
 * by a patch that the API server takes only if the Job is still the one that this call has made. A launch that finds a Job
 * which was not let begin removes it and makes its own: whoever made the first can no longer begin it. One that was let
 * begin is left as it is, its Secret and token included (docs/adr/0016).
 */
@Singleton
final class JobLauncher {

    private static final Logger LOG = Logger.getLogger(JobLauncher.class);

    /** The token outlives the run by this much, so that its last report is taken. */
    private static final Duration TOKEN_MARGIN = Duration.ofMinutes(10);

    private static final Duration LOOK_EVERY = Duration.ofMillis(500);
    private static final int MOST_LOOKS = 60;
    private static final int MOST_TRIES = 3;

    private final KubernetesClusters clusters;
    private final JobCalls calls;
    private final JobObjects objects;
    private final KubernetesSettings settings;

    JobLauncher(KubernetesClusters clusters, JobCalls calls, JobObjects objects, KubernetesSettings settings) {
        this.clusters = clusters;
        this.calls = calls;
        this.objects = objects;
        this.settings = settings;
    }

    Uni<Launched> launch(LaunchRequest request) {
        KubernetesJobDefinition definition = (KubernetesJobDefinition) request.definition();
        JobReference reference = JobReference.of(definition.namespace(), request.planId(), request.runId());
        return clusters.lease(request.orgId(), definition)
                .onFailure(ClusterFailure.class)
                .transform(failure -> new LaunchFailure(failure.getMessage(), failure))
                .chain(lease -> launch(lease.client(), request, reference, 1)
                        .onFailure(LaunchFailure.class)
                        .transform(failure -> explained(lease, failure, reference))
                        .onTermination()
                        .invoke(lease::close));
    }

    private Uni<Launched> launch(KubernetesClient client, LaunchRequest request, JobReference reference, int attempt) {
        return calls.get(client, reference)
                .onFailure(failure -> !(failure instanceof LaunchFailure))
                .transform(failure -> failure(failure, reference))
                .chain(found -> found.isEmpty()
                        ? make(client, request, reference, attempt)
                        : meet(client, request, reference, found.get(), attempt));
    }

    /** What an earlier launch of the run may have left. */
    private Uni<Launched> meet(
            KubernetesClient client, LaunchRequest request, JobReference reference, Job job, int attempt) {
        if (!isOf(job, request.runId())) {
            return Uni.createFrom()
                    .failure(new LaunchFailure("The cluster has a Job '" + reference.job() + "' in namespace '"
                            + reference.namespace() + "' that is not this run's. Delete it, and run the plan again."));
        }
        boolean ending = job.getMetadata().getDeletionTimestamp() != null;
        if (!ending && isBegun(job)) {
            return Uni.createFrom().item(Launched.as(reference.toString()));
        }
        if (attempt > MOST_TRIES) {
            return Uni.createFrom()
                    .failure(new LaunchFailure(
                            "The Job '" + reference.job() + "' of an earlier launch of this run is not"
                                    + " removed by the cluster. See what its finalizers wait for."));
        }
        Uni<?> removed = ending ? Uni.createFrom().voidItem() : calls.deleteUnchanged(client, job);
        return removed.chain(() -> awaitGone(client, reference, job, MOST_LOOKS))
                .chain(() -> launch(client, request, reference, attempt + 1));
    }

    /** Whether the Job is that of the run. */
    static boolean isOf(Job job, UUID runId) {
        return Marks.label(job, Marks.RUN).filter(runId.toString()::equals).isPresent();
    }

    /** Whether the Job's run counts as launched: its Pod may have had effects. */
    static boolean isBegun(Job job) {
        return (Marks.has(job, Marks.BEGUN) || Marks.has(job, Marks.CANCELLED)) && !Marks.has(job, Marks.GIVEN_UP);
    }

    private Uni<Void> awaitGone(KubernetesClient client, JobReference reference, Job job, int looks) {
        return calls.get(client, reference)
                .chain(found -> isSame(found, job) && looks > 0
                        ? Uni.createFrom()
                                .voidItem()
                                .onItem()
                                .delayIt()
                                .by(LOOK_EVERY)
                                .chain(() -> awaitGone(client, reference, job, looks - 1))
                        : Uni.createFrom().voidItem());
    }

    /** One that was let begin meanwhile is not waited for. */
    private static boolean isSame(Optional<Job> found, Job job) {
        return found.filter(now ->
                        now.getMetadata().getUid().equals(job.getMetadata().getUid()))
                .filter(now -> now.getMetadata().getDeletionTimestamp() != null || !isBegun(now))
                .isPresent();
    }

    private Uni<Launched> make(KubernetesClient client, LaunchRequest request, JobReference reference, int attempt) {
        String launch = UUID.randomUUID().toString().substring(0, 8);
        return request.secretFiles()
                .get()
                .chain(files -> calls.create(client, objects.job(request, reference, launch, files))
                        .onFailure()
                        .transform(failure -> failure(failure, reference))
                        .chain(job -> begin(client, request, reference, launch, files, job)))
                .onFailure(Taken.class)
                .recoverWithUni(() -> attempt > MOST_TRIES
                        ? Uni.createFrom().failure(new LaunchFailure("Another server launches this run as well."))
                        : launch(client, request, reference, attempt + 1));
    }

    private Uni<Launched> begin(
            KubernetesClient client,
            LaunchRequest request,
            JobReference reference,
            String launch,
            List<SecretFile> files,
            Job job) {
        return request.newToken()
                .apply(objects.timeoutOr(request.timeout())
                        .plus(settings.grace())
                        .plus(TOKEN_MARGIN))
                .chain(token -> calls.create(client, objects.secret(request, job, launch, token, files))
                        .onFailure()
                        .transform(failure -> failure(failure, reference)))
                // Nothing has begun: what was made is not to stay. Should this fail too, it is found and swept later.
                .onFailure()
                .call(() -> calls.deleteUnchanged(client, job)
                        .onFailure()
                        .invoke(failure -> LOG.debugf("%s is removed later: %s", reference, failure.toString()))
                        .onFailure()
                        .recoverWithItem(false))
                // A failure from here on does not say that nothing was begun; the run is looked for then.
                .chain(() -> calls.begin(client, reference, launch))
                .replaceWith(() -> Launched.as(reference.toString()));
    }

    /** Who knows the credentials knows better why they are refused. */
    private static Throwable explained(ClusterLease lease, Throwable failure, JobReference reference) {
        return failure.getCause() == null
                ? failure
                : new LaunchFailure(
                        ClusterFault.of(lease.explain(failure.getCause()), reference.namespace())
                                .words(),
                        failure.getCause());
    }

    /** Nothing was started, and why. */
    private static RuntimeException failure(Throwable failure, JobReference reference) {
        ClusterFault fault = ClusterFault.of(failure, reference.namespace());
        return fault.kind() == Kind.CONFLICT ? new Taken() : new LaunchFailure(fault.words(), failure);
    }

    /** A Job of that name appeared between the look and the making. */
    private static final class Taken extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Taken() {
            super("another launch was quicker", null, false, false);
        }
    }
}
