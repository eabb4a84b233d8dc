package com.reliably.runner.noop;

import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.NoopDefinition;
import com.reliably.runner.CheckResult;
import com.reliably.runner.LaunchRequest;
import com.reliably.runner.Launched;
import com.reliably.runner.RunAtEngine;
import com.reliably.runner.Runner;
import com.reliably.runner.RunnerEvent;
import com.reliably.runner.RunnerEvent.How;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Carries plans out by doing nothing: for dry runs of schedules, policies and clients. */
@Singleton
final class NoopRunner implements Runner {

    private static final String REFERENCE = "noop:";
    /** Nothing is started anywhere; this bounds only what is in memory at once. */
    private static final int AT_ONCE = 500;

    private static final RunnerEvent.Ended DONE = new RunnerEvent.Ended(How.NOTHING_TO_RUN, 0, null);

    @Override
    public Set<String> types() {
        return Set.of(NoopDefinition.TYPE);
    }

    @Override
    public boolean runs(DeploymentDefinition definition) {
        return definition instanceof NoopDefinition;
    }

    @Override
    public Optional<RunnerEvent.Ended> endOfAll() {
        return Optional.of(DONE);
    }

    @Override
    public boolean knows(String reference) {
        return REFERENCE.equals(reference);
    }

    @Override
    public int atOnce() {
        return AT_ONCE;
    }

    @Override
    public boolean isBoundToServer() {
        return false;
    }

    @Override
    public Uni<Launched> launch(LaunchRequest request) {
        return Uni.createFrom().item(new Launched(REFERENCE, null, DONE));
    }

    @Override
    public Uni<Optional<String>> find(RunAtEngine run) {
        return Uni.createFrom().item(Optional.empty());
    }

    @Override
    public Multi<RunnerEvent> observe(RunAtEngine run, long fromByte) {
        return Multi.createFrom().item(DONE);
    }

    @Override
    public Uni<Void> cancel(RunAtEngine run) {
        return Uni.createFrom().voidItem();
    }

    @Override
    public Uni<Void> cleanUp(RunAtEngine run) {
        return Uni.createFrom().voidItem();
    }

    @Override
    public Uni<List<CheckResult>> check(UUID orgId, DeploymentDefinition definition) {
        return Uni.createFrom()
                .item(List.of(CheckResult.passed("nothing needed", "Plans with this deployment do nothing.")));
    }
}
