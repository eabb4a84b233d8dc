package com.reliably.runner.kubernetes;

import com.reliably.deployment.KubernetesJobDefinition;
import com.reliably.runner.EngineSchedule;
import com.reliably.runner.ScheduleEvent;
import com.reliably.runner.kubernetes.cluster.ClusterLease;
import com.reliably.runner.kubernetes.cluster.KubernetesClusters;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Follows the schedule of one plan: which Jobs its CronJob makes, and what others do to it. */
final class CronFollower {

    /** What only time tells is seen then. */
    private static final Duration LOOK_AT_LEAST_EVERY = Duration.ofSeconds(10);
    /** So soon after it was said that a Job is there, its Pod is looked for. */
    private static final Duration LOOK_SOON = Duration.ofSeconds(2);
    /** How long the cluster may be out of reach before that is said. */
    private static final Duration REACHED_WITHIN = Duration.ofSeconds(20);
    /** A warning that is older says nothing about the present. */
    private static final Duration RECENT = Duration.ofMinutes(10);

    private static final Duration SETTLED_AFTER = Duration.ofSeconds(2);

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final EngineSchedule schedule;
    private final CronReference reference;
    private final KubernetesClusters clusters;
    private final NamespaceWatches watches;
    private final Clock clock;
    private final Bell bell = new Bell();
    private final Set<String> told = new HashSet<>();
    private final Set<String> followedJobs = new HashSet<>();
    private NamespaceWatch watch;
    private long troubledSince;
    private Optional<String> troubleTold;
    private Optional<String> suspected = Optional.empty();
    private long suspectedSince;
    private boolean waits;

    CronFollower(
            EngineSchedule schedule,
            CronReference reference,
            KubernetesClusters clusters,
            NamespaceWatches watches,
            Clock clock) {
        this.schedule = schedule;
        this.reference = reference;
        this.clusters = clusters;
        this.watches = watches;
        this.clock = clock;
    }

    /** Everything that happens; fails where the cluster is out of reach for a while. */
    Multi<ScheduleEvent> events() {
        return Multi.createBy()
                .repeating()
                .uni(() -> attach().chain(() -> look())
                        .call(events -> events.isEmpty()
                                ? bell.waitAtMost(waits ? LOOK_SOON : LOOK_AT_LEAST_EVERY)
                                : Uni.createFrom().voidItem()))
                .indefinitely()
                .onItem()
                .<ScheduleEvent>disjoint()
                .onTermination()
                .invoke(this::close);
    }

    private synchronized void close() {
        if (watch != null) {
            watch.unfollow(reference.cronJob(), bell);
            followedJobs.forEach(job -> watch.unfollow(job, bell));
        }
    }

    private Uni<Void> attach() {
        bell.listen();
        if (watch != null && !watch.isStopped()) {
            return Uni.createFrom().voidItem();
        }
        return clusters.lease(schedule.orgId(), (KubernetesJobDefinition) schedule.definition())
                .invoke(lease -> attach(lease))
                .replaceWithVoid();
    }

    private synchronized void attach(ClusterLease lease) {
        watch = watches.of(lease, reference.namespace());
        watch.watchCronJobs();
        watch.follow(reference.cronJob(), bell);
        followedJobs.clear();
    }

    private Uni<List<ScheduleEvent>> look() {
        boolean cut = watch.trouble().isPresent() || !watch.isReady() || !watch.hasCronJobs();
        if (cut && troubledSince == 0) {
            troubledSince = System.nanoTime();
        }
        if (!cut) {
            troubledSince = 0;
        }
        if (cut && System.nanoTime() - troubledSince > REACHED_WITHIN.toNanos()) {
            return Uni.createFrom()
                    .failure(new IllegalStateException(watch.trouble()
                            .map(failure -> ClusterFault.of(failure, reference.namespace())
                                    .words())
                            .orElse("The cluster cannot be reached: it takes too long.")));
        }
        if (!watch.isReady() || !watch.hasCronJobs()) {
            waits = true;
            return Uni.createFrom().item(List.of());
        }
        List<Job> jobs = watch.jobs().stream()
                .filter(job -> reference.cronJob().equals(NamespaceWatch.ownerOf(job, "CronJob")))
                .toList();
        List<ScheduleEvent> events = new ArrayList<>();
        jobs.forEach(job -> tellStarted(job, events));
        told.retainAll(jobs.stream().map(CronFollower::uidOf).collect(Collectors.toSet()));
        return trouble(jobs).map(trouble -> {
            if (!trouble.equals(troubleTold) && isSettled(trouble)) {
                troubleTold = trouble;
                events.add(
                        trouble.<ScheduleEvent>map(ScheduleEvent.Trouble::new).orElseGet(ScheduleEvent.Sound::new));
            }
            return events;
        });
    }

    /** What was just installed shows a moment later: trouble that goes by itself is none. */
    private boolean isSettled(Optional<String> trouble) {
        if (trouble.isEmpty()) {
            suspected = trouble;
            return true;
        }
        if (!trouble.equals(suspected)) {
            suspected = trouble;
            suspectedSince = System.nanoTime();
        }
        boolean settled = System.nanoTime() - suspectedSince >= SETTLED_AFTER.toNanos();
        waits |= !settled;
        return settled;
    }

    private static String uidOf(Job job) {
        return job.getMetadata().getUid();
    }

    private void tellStarted(Job job, List<ScheduleEvent> events) {
        if (job.getMetadata().getDeletionTimestamp() == null && told.add(uidOf(job))) {
            events.add(new ScheduleEvent.Started(
                    new JobReference(reference.namespace(), job.getMetadata().getName()).toString(),
                    nominalTime(job),
                    null));
        }
    }

    /** Said by Kubernetes since 1.28; before, a Job's name ends with the minute. */
    static Instant nominalTime(Job job) {
        Optional<String> said = Marks.annotation(job, Marks.SCHEDULED);
        if (said.isPresent()) {
            try {
                return OffsetDateTime.parse(said.get()).toInstant();
            } catch (DateTimeException e) {
                // The name says it as well.
            }
        }
        String name = job.getMetadata().getName();
        String minutes = name.substring(name.lastIndexOf('-') + 1);
        return minutes.matches("[0-9]{8,10}")
                ? Instant.EPOCH.plus(MINUTE.multipliedBy(Long.parseLong(minutes)))
                : Instant.parse(job.getMetadata().getCreationTimestamp());
    }

    private Uni<Optional<String>> trouble(List<Job> jobs) {
        Optional<CronJob> cronJob = watch.cronJob(reference.cronJob());
        if (cronJob.isEmpty()) {
            return Uni.createFrom()
                    .item(Optional.of("The CronJob '" + reference.cronJob() + "' was deleted in namespace '"
                            + reference.namespace() + "' by somebody else, so that nothing of this plan is started."
                            + " Save the plan again to have it made again."));
        }
        Optional<String> changed = changedByOthers(cronJob.get());
        List<Job> waiting = jobs.stream().filter(this::mayWait).toList();
        followOnly(waiting);
        waits = !waiting.isEmpty();
        if (changed.isPresent()) {
            return Uni.createFrom().item(changed);
        }
        return watch.warnings().map(warnings -> waiting.stream()
                .flatMap(job -> whyItWaits(job, warnings).stream())
                .findFirst()
                .or(() -> notStarted(cronJob.get(), warnings)));
    }

    private boolean mayWait(Job job) {
        return !JobEnd.isFinished(job)
                && job.getMetadata().getDeletionTimestamp() == null
                && !Boolean.TRUE.equals(job.getSpec().getSuspend());
    }

    private void followOnly(List<Job> jobs) {
        Set<String> names =
                jobs.stream().map(job -> job.getMetadata().getName()).collect(Collectors.toSet());
        followedJobs.removeIf(job -> {
            boolean over = !names.contains(job);
            if (over) {
                watch.unfollow(job, bell);
            }
            return over;
        });
        names.stream().filter(followedJobs::add).forEach(job -> watch.follow(job, bell));
    }

    private Optional<String> whyItWaits(Job job, Map<String, Event> warnings) {
        Pod pod = watch.lastPod(job.getMetadata().getName()).orElse(null);
        boolean begun = new JobEnd(job, false, pod, pod != null, null, null, Instant.now(clock)).hasStarted();
        return begun ? Optional.empty() : PendingReason.of(job, pod, warnings);
    }

    /** What the controller of CronJobs says it cannot do. */
    private Optional<String> notStarted(CronJob cronJob, Map<String, Event> warnings) {
        return Optional.ofNullable(warnings.get(cronJob.getMetadata().getUid()))
                .filter(this::isRecent)
                .map(warning -> "The cluster could not start what was due (" + warning.getReason() + "): "
                        + Objects.requireNonNullElse(warning.getMessage(), "") + ".");
    }

    private boolean isRecent(Event warning) {
        try {
            return Instant.parse(NamespaceWatch.timeOf(warning))
                    .isAfter(Instant.now(clock).minus(RECENT));
        } catch (DateTimeException e) {
            return false;
        }
    }

    /**
     * Whoever changes a field of an object becomes its manager there; what we apply has us as such.
     *
     * @return who has changed which fields of the specification; empty where nobody has
     */
    static Optional<String> changedByOthers(CronJob cronJob) {
        for (ManagedFieldsEntry entry : cronJob.getMetadata().getManagedFields()) {
            boolean ours = Marks.FIELD_MANAGER.equals(entry.getManager());
            boolean ofStatus =
                    entry.getSubresource() != null && !entry.getSubresource().isEmpty();
            if (ours || ofStatus || entry.getFieldsV1() == null) {
                continue;
            }
            if (entry.getFieldsV1().getAdditionalProperties().get("f:spec") instanceof Map<?, ?> fields
                    && !fields.isEmpty()) {
                Set<String> names = new TreeSet<>();
                fields.keySet().forEach(field -> names.add(String.valueOf(field).replaceFirst("^f:", "")));
                return Optional.of(
                        "The CronJob '" + cronJob.getMetadata().getName() + "' was changed in the cluster by '"
                                + entry.getManager() + "' (" + String.join(", ", names)
                                + "). Save the plan again to have it as the plan says.");
            }
        }
        return Optional.empty();
    }
}
