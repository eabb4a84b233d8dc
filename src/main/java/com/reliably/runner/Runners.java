package com.reliably.runner;

import com.reliably.deployment.DeploymentDefinition;
import io.quarkus.arc.All;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;

/** The runners of this server. */
@Singleton
public final class Runners {

    private final List<Runner> runners;

    Runners(@All List<Runner> runners) {
        this.runners = runners;
    }

    /** All of them. */
    public List<Runner> all() {
        return runners;
    }

    /** The runner for a kind of deployment; empty where this server has none. */
    public Optional<Runner> of(DeploymentDefinition definition) {
        return runners.stream().filter(runner -> runner.runs(definition)).findFirst();
    }

    /** The engine that keeps the schedules of this type of deployments; empty where the server does. */
    public Optional<EngineSchedules> schedulesOf(String type) {
        return runners.stream()
                .filter(EngineSchedules.class::isInstance)
                .map(EngineSchedules.class::cast)
                .filter(engine -> engine.types().contains(type))
                .findFirst();
    }

    /** The runner that gave out a reference; empty where this server has it no more. */
    public Optional<Runner> thatKnows(String reference) {
        return runners.stream().filter(runner -> runner.knows(reference)).findFirst();
    }
}
