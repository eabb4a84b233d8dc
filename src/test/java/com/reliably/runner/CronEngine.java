package com.reliably.runner;

import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.KubernetesJobDefinition;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.MultiEmitter;
import jakarta.enterprise.inject.Typed;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An engine that keeps schedules, and the runner that knows it, for tests of what the server does with any such engine:
 * what is installed, started and ended here is the test's to see and to do. Real engines have tests of their own.
 *
 * <p>Not one of the server's runners by itself: {@link RunnersWithCronEngine} makes it one.
 */
@Singleton
@Typed(CronEngine.class)
public class CronEngine implements Runner, EngineSchedules {

    private static final String REFERENCE = "cron-engine:";
    private static final Duration TOKEN_FOR = Duration.ofDays(30);

    private final Map<String, Installed> installed = new ConcurrentHashMap<>();
    private final Map<UUID, List<MultiEmitter<? super ScheduleEvent>>> watchers = new ConcurrentHashMap<>();
    private final Map<UUID, List<ScheduleEvent.Started>> started = new ConcurrentHashMap<>();
    private final Map<String, Job> jobs = new ConcurrentHashMap<>();
    private final Map<UUID, EngineSchedule> watched = new ConcurrentHashMap<>();
    private final Map<UUID, AtomicInteger> installs = new ConcurrentHashMap<>();
    private final Map<UUID, String> refusals = new ConcurrentHashMap<>();
    private final Set<UUID> unreachable = ConcurrentHashMap.newKeySet();
    private final Map<UUID, Uni<Void>> delays = new ConcurrentHashMap<>();

    /**
     * A schedule as the engine has it.
     *
     * @param suspended whether it starts nothing
     * @param image     of the deployment
     * @param token     that it gives to clients
     * @param files     the secret files that it gives to clients
     */
    public record Installed(
            String pattern,
            String timezone,
            boolean suspended,
            String image,
            Duration window,
            String token,
            List<SecretFile> files) {}

    private static final class Job {
        private final List<MultiEmitter<? super RunnerEvent>> observers = new CopyOnWriteArrayList<>();
        private RunnerEvent.Ended end;

        private synchronized void end(RunnerEvent.Ended how) {
            if (end == null) {
                end = how;
                observers.forEach(this::tell);
            }
        }

        private synchronized void observe(MultiEmitter<? super RunnerEvent> observer) {
            observers.add(observer);
            observer.emit(new RunnerEvent.Started());
            if (end != null) {
                tell(observer);
            }
        }

        private void tell(MultiEmitter<? super RunnerEvent> observer) {
            observer.emit(end);
            observer.complete();
        }
    }

    /** What the engine has of a plan in a namespace; null where it has nothing. */
    public Installed installed(String planId, String namespace) {
        return installed.get(namespace + "/" + planId);
    }

    /** How often it was asked to have the schedule of a plan. */
    public int installs(String planId) {
        return installsOf(UUID.fromString(planId)).get();
    }

    /** From now on it refuses the schedule of a plan with these words, null: takes it. */
    public void refuse(String planId, String why) {
        if (why == null) {
            refusals.remove(UUID.fromString(planId));
        } else {
            refusals.put(UUID.fromString(planId), why);
        }
    }

    /** Whether it answers when it is asked about the plans of an organisation. */
    public void reachable(String orgId, boolean reachable) {
        if (reachable) {
            unreachable.remove(UUID.fromString(orgId));
        } else {
            unreachable.add(UUID.fromString(orgId));
        }
    }

    /** It does what it is asked of a plan when that is over; null: at once. */
    public void delay(String planId, Uni<Void> until) {
        if (until == null) {
            delays.remove(UUID.fromString(planId));
        } else {
            delays.put(UUID.fromString(planId), until);
        }
    }

    /** It starts a run; {@code told} as often to everybody who listens. */
    public String fire(String planId, Instant nominalTime, int told) {
        String reference = REFERENCE + planId + "/" + UUID.randomUUID();
        ScheduleEvent.Started event =
                new ScheduleEvent.Started(reference, nominalTime, "https://engine.example/" + reference);
        jobs.put(reference, new Job());
        started.computeIfAbsent(UUID.fromString(planId), id -> new CopyOnWriteArrayList<>())
                .add(event);
        for (int i = 0; i < told; i++) {
            tell(planId, event);
        }
        return reference;
    }

    /** Tells everybody who listens. */
    public void tell(String planId, ScheduleEvent event) {
        watchersOf(UUID.fromString(planId)).forEach(watcher -> watcher.emit(event));
    }

    /** Everybody who listens is cut off, and told everything again when they come back. */
    public void cutOff(String planId) {
        List<MultiEmitter<? super ScheduleEvent>> all = watchersOf(UUID.fromString(planId));
        List<MultiEmitter<? super ScheduleEvent>> cut = List.copyOf(all);
        all.clear();
        cut.forEach(watcher -> watcher.fail(new IOException("cut off")));
    }

    /** How many listen to what becomes of a plan's schedule. */
    public int listeners(String planId) {
        return watchersOf(UUID.fromString(planId)).size();
    }

    /** Whether the server says that it knows a run that was started for a plan. */
    public boolean isRecorded(String planId, String reference) {
        return watched.get(UUID.fromString(planId))
                .isRecorded()
                .apply(reference)
                .await()
                .atMost(Duration.ofSeconds(60));
    }

    /** A run's client leaves with this exit code. */
    public void end(String reference, int exitCode) {
        jobs.get(reference).end(new RunnerEvent.Ended(RunnerEvent.How.EXITED, exitCode, null));
    }

    private AtomicInteger installsOf(UUID planId) {
        return installs.computeIfAbsent(planId, id -> new AtomicInteger());
    }

    private List<MultiEmitter<? super ScheduleEvent>> watchersOf(UUID planId) {
        return watchers.computeIfAbsent(planId, id -> new CopyOnWriteArrayList<>());
    }

    @Override
    public Set<String> types() {
        return Set.of(KubernetesJobDefinition.TYPE);
    }

    @Override
    public String place(DeploymentDefinition definition) {
        return ((KubernetesJobDefinition) definition).namespace();
    }

    @Override
    public Uni<String> install(EngineSchedule schedule) {
        return Uni.createFrom()
                .voidItem()
                .invoke(() -> installsOf(schedule.planId()).incrementAndGet())
                .chain(() -> answer(schedule))
                .chain(() -> schedule.secretFiles().get())
                .chain(files -> schedule.newToken().apply(TOKEN_FOR).map(token -> {
                    KubernetesJobDefinition definition = (KubernetesJobDefinition) schedule.definition();
                    installed.put(
                            key(schedule),
                            new Installed(
                                    schedule.pattern(),
                                    schedule.timezone(),
                                    schedule.suspended(),
                                    definition.image(),
                                    schedule.catchUpWindow(),
                                    token,
                                    files));
                    return REFERENCE + key(schedule);
                }));
    }

    private Uni<Void> answer(EngineSchedule schedule) {
        if (unreachable.contains(schedule.orgId())) {
            return Uni.createFrom().failure(new IOException("no route to host"));
        }
        String refusal = refusals.get(schedule.planId());
        return refusal == null
                ? delays.getOrDefault(schedule.planId(), Uni.createFrom().voidItem())
                : Uni.createFrom().failure(new LaunchFailure(refusal));
    }

    private String key(EngineSchedule schedule) {
        return place(schedule.definition()) + "/" + schedule.planId();
    }

    @Override
    public Uni<Void> remove(EngineSchedule schedule) {
        return answer(schedule).invoke(() -> installed.remove(key(schedule)));
    }

    @Override
    public Multi<ScheduleEvent> watch(EngineSchedule schedule) {
        return Multi.createFrom().emitter(watcher -> {
            List<MultiEmitter<? super ScheduleEvent>> all = watchersOf(schedule.planId());
            all.add(watcher);
            watched.put(schedule.planId(), schedule);
            watcher.onTermination(() -> all.remove(watcher));
            watcher.emit(new ScheduleEvent.Sound());
            new ArrayList<>(started.getOrDefault(schedule.planId(), List.of())).forEach(watcher::emit);
        });
    }

    @Override
    public boolean runs(DeploymentDefinition definition) {
        return definition instanceof KubernetesJobDefinition;
    }

    @Override
    public boolean knows(String reference) {
        return reference.startsWith(REFERENCE);
    }

    @Override
    public int atOnce() {
        return 50;
    }

    @Override
    public boolean isBoundToServer() {
        return false;
    }

    @Override
    public Uni<Launched> launch(LaunchRequest request) {
        return Uni.createFrom().failure(new LaunchFailure("This engine starts runs by its schedules only."));
    }

    @Override
    public Uni<Optional<String>> find(RunAtEngine run) {
        return Uni.createFrom().item(Optional.empty());
    }

    @Override
    public Multi<RunnerEvent> observe(RunAtEngine run, long fromByte) {
        return Multi.createFrom().emitter(observer -> jobs.get(run.reference()).observe(observer));
    }

    @Override
    public Uni<Void> cancel(RunAtEngine run) {
        jobs.get(run.reference()).end(new RunnerEvent.Ended(RunnerEvent.How.CANCELLED, null, null));
        return Uni.createFrom().voidItem();
    }

    @Override
    public Uni<Void> cleanUp(RunAtEngine run) {
        return Uni.createFrom().voidItem();
    }

    @Override
    public Uni<List<CheckResult>> check(UUID orgId, DeploymentDefinition definition) {
        return Uni.createFrom().item(List.of());
    }
}
