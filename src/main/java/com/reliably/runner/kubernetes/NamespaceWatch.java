package com.reliably.runner.kubernetes;

import com.reliably.runner.kubernetes.cluster.ClusterLease;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventList;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * What is in one namespace of one cluster of what this server makes, kept up to date by watches: one for all Jobs, one
 * for all Pods, and one for CronJobs where there are schedules, however many runs there are. The watches are taken up
 * again by the client when they were cut, and begin anew where the API server has forgotten where they were (410).
 */
final class NamespaceWatch {

    private static final Logger LOG = Logger.getLogger(NamespaceWatch.class);

    private static final Duration WARNINGS_EVERY = Duration.ofSeconds(3);
    private static final long EVENTS_A_PAGE = 500L;
    private static final int MOST_PAGES = 4;

    private final ClusterLease lease;
    private final KubernetesClient client;
    private final String namespace;
    private final ClusterWork work;
    private final SharedIndexInformer<Job> jobs;
    private final SharedIndexInformer<Pod> pods;
    private SharedIndexInformer<CronJob> cronJobs;
    /** The latest that was seen of the Pod of a Job that somebody follows: it may be gone before it was looked at. */
    private final Map<String, Pod> lastPods = new ConcurrentHashMap<>();

    private final Map<String, Set<Bell>> bells = new ConcurrentHashMap<>();
    private volatile Throwable trouble;
    private volatile boolean stopped;
    private volatile long usedAt = System.nanoTime();
    private long warningsAt = System.nanoTime() - WARNINGS_EVERY.toNanos();
    private Uni<Map<String, Event>> warnings = Uni.createFrom().item(Map.of());

    /** @param lease closed with this watch */
    NamespaceWatch(ClusterLease lease, String namespace, ClusterWork work) {
        this.lease = lease;
        this.client = lease.client();
        this.namespace = namespace;
        this.work = work;
        this.jobs = client.batch()
                .v1()
                .jobs()
                .inNamespace(namespace)
                .withLabel(Marks.MANAGED_BY, Marks.US)
                .runnableInformer(0);
        this.pods = client.pods()
                .inNamespace(namespace)
                .withLabel(Marks.MANAGED_BY, Marks.US)
                .runnableInformer(0);
        jobs.addEventHandler(new Changes<>(job -> ring(job.getMetadata().getName()), this::ringCronJobOf));
        pods.addEventHandler(new Changes<>(this::seen, pod -> {}));
        jobs.exceptionHandler((started, failure) -> noteTrouble(failure));
        pods.exceptionHandler((started, failure) -> noteTrouble(failure));
    }

    /** Begins to watch; what is there shows once {@link #isReady}. */
    void start() {
        jobs.start();
        pods.start();
    }

    /** Watches the schedules too, from now on. */
    synchronized void watchCronJobs() {
        if (cronJobs != null) {
            return;
        }
        cronJobs = client.batch()
                .v1()
                .cronjobs()
                .inNamespace(namespace)
                .withLabel(Marks.MANAGED_BY, Marks.US)
                .runnableInformer(0);
        cronJobs.addEventHandler(
                new Changes<>(cronJob -> ring(cronJob.getMetadata().getName()), cronJob -> {}));
        cronJobs.exceptionHandler((started, failure) -> noteTrouble(failure));
        cronJobs.start();
    }

    synchronized void stop() {
        stopped = true;
        jobs.stop();
        pods.stop();
        if (cronJobs != null) {
            cronJobs.stop();
        }
        lease.close();
        bells.values().forEach(all -> all.forEach(Bell::ring));
    }

    /** Whether it shows nothing new any more. */
    boolean isStopped() {
        return stopped || client.getHttpClient().isClosed();
    }

    KubernetesClient client() {
        return client;
    }

    String namespace() {
        return namespace;
    }

    /** Whether what it shows of Jobs and Pods was told by the cluster. */
    boolean isReady() {
        return jobs.hasSynced() && pods.hasSynced();
    }

    /** Whether what it shows of CronJobs was told by the cluster. */
    synchronized boolean hasCronJobs() {
        return cronJobs != null && cronJobs.hasSynced();
    }

    /** Why the watches are cut; empty while they are not. */
    synchronized Optional<Throwable> trouble() {
        Throwable latest = trouble;
        boolean all = jobs.isWatching() && pods.isWatching() && (cronJobs == null || cronJobs.isWatching());
        if (latest != null && all) {
            trouble = null;
            return Optional.empty();
        }
        return Optional.ofNullable(latest);
    }

    private boolean noteTrouble(Throwable failure) {
        Throwable explained = lease.explain(failure);
        if (trouble == null) {
            LOG.infof(
                    "The watch of namespace %s at %s is cut, it is tried again: %s",
                    namespace,
                    client.getMasterUrl(),
                    ClusterFault.of(explained, namespace).words());
        }
        trouble = explained;
        return true;
    }

    Optional<Job> job(String name) {
        return Optional.ofNullable(jobs.getIndexer().getByKey(namespace + "/" + name));
    }

    /** All Jobs that this server, or another with the same name for itself, has made here. */
    List<Job> jobs() {
        return jobs.getIndexer().list();
    }

    /** The Pod of a Job, as it was last seen; also when it is gone. */
    Optional<Pod> lastPod(String job) {
        return Optional.ofNullable(lastPods.get(job));
    }

    /** Whether that Pod is still there. */
    boolean has(Pod pod) {
        Pod current =
                pods.getIndexer().getByKey(namespace + "/" + pod.getMetadata().getName());
        return current != null
                && current.getMetadata().getUid().equals(pod.getMetadata().getUid());
    }

    synchronized Optional<CronJob> cronJob(String name) {
        return cronJobs == null
                ? Optional.empty()
                : Optional.ofNullable(cronJobs.getIndexer().getByKey(namespace + "/" + name));
    }

    /** Has the bell rung whenever the Job, its Pod, or the CronJob of this name changes. */
    void follow(String name, Bell bell) {
        usedAt = System.nanoTime();
        bells.compute(name, (ignored, all) -> {
            Set<Bell> more = all == null ? ConcurrentHashMap.newKeySet() : all;
            more.add(bell);
            return more;
        });
        // What was there before anybody followed it.
        pods.getIndexer().list().stream().filter(pod -> name.equals(jobOf(pod))).forEach(this::remember);
    }

    void unfollow(String name, Bell bell) {
        usedAt = System.nanoTime();
        bells.computeIfPresent(name, (ignored, all) -> {
            all.remove(bell);
            return all.isEmpty() ? null : all;
        });
        if (!bells.containsKey(name)) {
            lastPods.remove(name);
        }
    }

    /** Whether nobody has followed anything here for so long. */
    boolean isIdleFor(Duration time) {
        return bells.isEmpty() && System.nanoTime() - usedAt > time.toNanos();
    }

    /**
     * The latest warning about each thing in the namespace, by its uid; nothing where events may not be read. The cluster
     * is asked at most every three seconds, whoever needs it.
     */
    synchronized Uni<Map<String, Event>> warnings() {
        if (System.nanoTime() - warningsAt >= WARNINGS_EVERY.toNanos()) {
            warningsAt = System.nanoTime();
            warnings = work.call(client, this::readWarnings)
                    .onFailure()
                    .invoke(failure -> LOG.debugf("Events of %s cannot be read: %s", namespace, failure.toString()))
                    .onFailure()
                    .recoverWithItem(Map.of())
                    .memoize()
                    .indefinitely();
        }
        return warnings;
    }

    private Map<String, Event> readWarnings() {
        Map<String, Event> latest = new HashMap<>();
        String next = null;
        for (int page = 0; page < MOST_PAGES; page++) {
            EventList events = client.v1()
                    .events()
                    .inNamespace(namespace)
                    .list(new ListOptionsBuilder()
                            .withFieldSelector("type=Warning")
                            .withLimit(EVENTS_A_PAGE)
                            .withContinue(next)
                            .build());
            for (Event event : events.getItems()) {
                if (event.getInvolvedObject() != null
                        && event.getInvolvedObject().getUid() != null) {
                    latest.merge(
                            event.getInvolvedObject().getUid(),
                            event,
                            (one, other) -> timeOf(one).compareTo(timeOf(other)) > 0 ? one : other);
                }
            }
            next = events.getMetadata().getContinue();
            if (next == null || next.isEmpty()) {
                break;
            }
        }
        return latest;
    }

    /** All are in UTC and of one form, so that they are in order as text. */
    static String timeOf(Event event) {
        if (event.getLastTimestamp() != null) {
            return event.getLastTimestamp();
        }
        return event.getEventTime() == null ? "" : event.getEventTime().getTime();
    }

    private void seen(Pod pod) {
        String job = jobOf(pod);
        if (job != null && bells.containsKey(job)) {
            remember(pod);
            ring(job);
        }
    }

    /** A Job has one Pod; should its controller have made a second, the newer one counts. */
    private void remember(Pod pod) {
        lastPods.merge(jobOf(pod), pod, (known, now) -> isOlder(now, known) ? known : now);
    }

    private static boolean isOlder(Pod one, Pod other) {
        return !one.getMetadata().getUid().equals(other.getMetadata().getUid())
                && one.getMetadata()
                                .getCreationTimestamp()
                                .compareTo(other.getMetadata().getCreationTimestamp())
                        < 0;
    }

    private static String jobOf(Pod pod) {
        return ownerOf(pod, "Job");
    }

    private void ringCronJobOf(Job job) {
        String cronJob = ownerOf(job, "CronJob");
        if (cronJob != null) {
            ring(cronJob);
        }
    }

    /** The name of the owner of that kind; null where there is none. */
    static String ownerOf(HasMetadata resource, String kind) {
        return resource.getMetadata().getOwnerReferences().stream()
                .filter(owner -> kind.equals(owner.getKind()))
                .map(OwnerReference::getName)
                .findFirst()
                .orElse(null);
    }

    private void ring(String name) {
        Set<Bell> all = bells.get(name);
        if (all != null) {
            all.forEach(Bell::ring);
        }
    }

    /** Tells both of every change, the deletion with the last that was seen included. */
    private record Changes<T>(Consumer<T> one, Consumer<T> other) implements ResourceEventHandler<T> {

        @Override
        public void onAdd(T added) {
            tell(added);
        }

        @Override
        public void onUpdate(T before, T now) {
            tell(now);
        }

        @Override
        public void onDelete(T last, boolean missedItsEnd) {
            tell(last);
        }

        private void tell(T resource) {
            one.accept(resource);
            other.accept(resource);
        }
    }
}
