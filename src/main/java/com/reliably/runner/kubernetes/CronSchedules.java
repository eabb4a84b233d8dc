package com.reliably.runner.kubernetes;

import com.reliably.deployment.KubernetesJobDefinition;
import com.reliably.runner.EngineSchedule;
import com.reliably.runner.LaunchFailure;
import com.reliably.runner.ScheduleEvent;
import com.reliably.runner.SecretFile;
import com.reliably.runner.kubernetes.ClusterFault.Kind;
import com.reliably.runner.kubernetes.cluster.ClusterFailure;
import com.reliably.runner.kubernetes.cluster.ClusterLease;
import com.reliably.runner.kubernetes.cluster.KubernetesClusters;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/** The schedules of cron plans, which clusters keep as CronJobs. */
@Singleton
final class CronSchedules {

    /** What a client may still have to say when its time is over. */
    private static final Duration TOKEN_MARGIN = Duration.ofMinutes(10);

    private final KubernetesClusters clusters;
    private final NamespaceWatches watches;
    private final JobCalls calls;
    private final JobObjects objects;
    private final KubernetesSettings settings;
    private final Clock clock;

    CronSchedules(
            KubernetesClusters clusters,
            NamespaceWatches watches,
            JobCalls calls,
            JobObjects objects,
            KubernetesSettings settings,
            Clock clock) {
        this.clusters = clusters;
        this.watches = watches;
        this.calls = calls;
        this.objects = objects;
        this.settings = settings;
        this.clock = clock;
    }

    /** Applies the CronJob and its Secret; both are as they were where nothing has changed, but for the token. */
    Uni<String> install(EngineSchedule schedule) {
        CronReference reference = referenceOf(schedule);
        return schedule.secretFiles()
                .get()
                .chain(files -> at(
                        schedule,
                        definition -> clusters.lease(schedule.orgId(), definition),
                        lease -> install(lease, schedule, reference, files)))
                .replaceWith(reference.toString());
    }

    private Uni<Void> install(
            ClusterLease lease, EngineSchedule schedule, CronReference reference, List<SecretFile> files) {
        // In this order: the Secret is owned by the CronJob. A Pod that is made in between waits for it.
        return calls.apply(lease.client(), objects.cronJob(schedule, reference, files))
                .chain(cronJob -> schedule.newToken()
                        .apply(objects.timeoutOr(schedule.timeout())
                                .plus(settings.grace())
                                .plus(TOKEN_MARGIN))
                        .chain(token -> calls.apply(lease.client(), objects.secret(schedule, cronJob, token, files))))
                .replaceWithVoid();
    }

    Uni<Void> remove(EngineSchedule schedule) {
        return at(schedule, clusters::leaseToEnd, lease -> calls.delete(lease.client(), referenceOf(schedule)));
    }

    Multi<ScheduleEvent> watch(EngineSchedule schedule) {
        return Multi.createFrom()
                .deferred(() -> new CronFollower(schedule, referenceOf(schedule), clusters, watches, clock).events());
    }

    private static CronReference referenceOf(EngineSchedule schedule) {
        return CronReference.of(((KubernetesJobDefinition) schedule.definition()).namespace(), schedule.planId());
    }

    private static <T> Uni<T> at(
            EngineSchedule schedule,
            Function<KubernetesJobDefinition, Uni<ClusterLease>> way,
            Function<ClusterLease, Uni<T>> work) {
        KubernetesJobDefinition definition = (KubernetesJobDefinition) schedule.definition();
        return way.apply(definition)
                .onFailure(ClusterFailure.class)
                .transform(failure -> fault(failure, definition.namespace()))
                .chain(lease -> work.apply(lease)
                        .onFailure(failure -> !(failure instanceof LaunchFailure))
                        .transform(failure -> fault(lease.explain(failure), definition.namespace()))
                        .onTermination()
                        .invoke(lease::close));
    }

    /** What the cluster refuses is told apart from a cluster that is out of reach. */
    private static RuntimeException fault(Throwable failure, String namespace) {
        ClusterFault fault = ClusterFault.of(failure, namespace);
        boolean refused = fault.kind() == Kind.REFUSED || fault.kind() == Kind.UNAUTHORIZED;
        return refused ? new LaunchFailure(fault.words(), failure) : new IllegalStateException(fault.words(), failure);
    }
}
