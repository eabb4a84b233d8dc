package com.reliably.run;

import com.reliably.runner.Runners;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Counts what this server does with runs. No tag has more values than there are states, kinds of deployments and
 * triggers: runs, plans and organisations are found by logs and traces.
 */
@Singleton
final class RunMetrics implements RunListener {

    private static final String TYPE = "type";
    private static final Duration[] DELAYS = Stream.of(
                    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000)
            .map(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final MeterRegistry registry;
    private final AtomicInteger followed = new AtomicInteger();

    RunMetrics(MeterRegistry registry, Runners runners) {
        this.registry = registry;
        Gauge.builder("reliably.runs.followed", followed, AtomicInteger::get)
                .description("Runs that this server has")
                .register(registry);
        // From the start on, so that the first one shows as an increase.
        takenOver(RunState.LAUNCHING);
        takenOver(RunState.RUNNING);
        runners.all().stream().flatMap(runner -> runner.types().stream()).forEach(this::begin);
    }

    /** Made with the server: none is something to show, too. */
    void begin(@Observes StartupEvent event) {}

    private void begin(String type) {
        retried(type);
        Stream.of(RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED, RunState.LOST)
                .forEach(state -> endedOf(type, state));
    }

    @Override
    public void followed(Following following) {
        followed.incrementAndGet();
        if (following.how() == Following.How.TAKEN_OVER) {
            takenOver(following.run().state()).increment();
        }
    }

    private Counter takenOver(RunState state) {
        return registry.counter("reliably.runs.taken.over", "state", state.toString());
    }

    @Override
    public void launched(Following following) {
        Run run = following.run();
        Duration delay = Duration.between(run.due(), following.databaseTime().now());
        Timer.builder("reliably.run.launch.delay")
                .description("From when a run was due until its launch was done")
                .tag(TYPE, typeOf(run))
                .tag("trigger", run.trigger)
                .serviceLevelObjectives(DELAYS)
                .register(registry)
                .record(delay.isNegative() ? Duration.ZERO : delay);
    }

    @Override
    public void changed(Following following, RunState state, String why) {
        if (state.isFinal()) {
            ended(following.run(), state);
        } else if (state == RunState.PENDING) {
            retried(typeOf(following.run())).increment();
        }
    }

    /** A run has ended, followed or not. */
    void ended(Run run, RunState state) {
        ended(typeOf(run), state);
    }

    /** The same by the type of its deployment; null where that is not known. */
    void ended(String type, RunState state) {
        endedOf(type == null ? "unknown" : type, state).increment();
    }

    private Counter endedOf(String type, RunState state) {
        return registry.counter("reliably.runs.ended", "state", state.toString(), TYPE, type);
    }

    private Counter retried(String type) {
        return registry.counter("reliably.launches.retried", TYPE, type);
    }

    @Override
    public void left(Following following, Throwable failure) {
        followed.decrementAndGet();
    }

    private static String typeOf(Run run) {
        return run.deploymentType == null ? "unknown" : run.deploymentType;
    }
}
