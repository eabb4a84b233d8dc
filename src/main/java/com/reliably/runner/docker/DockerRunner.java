package com.reliably.runner.docker;

import com.reliably.deployment.ContainerDefinition;
import com.reliably.deployment.ContainerDefinition.PullPolicy;
import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.DeploymentPolicy;
import com.reliably.problem.Faults;
import com.reliably.runner.CheckResult;
import com.reliably.runner.ClientCommand;
import com.reliably.runner.DeploymentGone;
import com.reliably.runner.LaunchFailure;
import com.reliably.runner.LaunchRequest;
import com.reliably.runner.Launched;
import com.reliably.runner.Leftover;
import com.reliably.runner.RunAtEngine;
import com.reliably.runner.Runner;
import com.reliably.runner.RunnerEvent;
import com.reliably.runner.SecretFile;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * Runs plans in containers of a Docker engine (docs/adr/0014).
 *
 * <p>A launch makes the container, with everything in it, and does not start it: that is what the permit does, once the
 * database has committed that this attempt is the one that runs. An engine starts a container at most once here, whoever
 * asks; and one that was never started can be replaced without anybody noticing.
 */
@Singleton
final class DockerRunner implements Runner {

    private static final Logger LOG = Logger.getLogger(DockerRunner.class);

    private static final String NAME = "reliably-run-";
    /** The token outlives the run by this much, so that its last report is taken. */
    private static final Duration TOKEN_MARGIN = Duration.ofMinutes(10);
    /** A container that is younger may be one that is being made. */
    private static final Duration SETTLED = Duration.ofMinutes(1);

    private static final Duration SWEEP_WITHIN = Duration.ofSeconds(10);
    /** Somebody else may make or remove a container of the same name meanwhile, but not again and again. */
    private static final int TRIES = 3;

    private final DockerSettings settings;
    private final DeploymentPolicy policy;
    private final Engines engines;
    private final VolumeSources volumes;
    private final Callback callback;
    private final ClientCommand client;
    private final DockerChecks checks;
    private final Clock clock;
    private final Pulls pulls = new Pulls();
    private final Map<String, Observation> observed = new ConcurrentHashMap<>();

    DockerRunner(
            DockerSettings settings,
            DeploymentPolicy policy,
            Engines engines,
            VolumeSources volumes,
            Callback callback,
            ClientCommand client,
            DockerChecks checks,
            Clock clock) {
        this.settings = settings;
        this.policy = policy;
        this.engines = engines;
        this.volumes = volumes;
        this.callback = callback;
        this.client = client;
        this.checks = checks;
        this.clock = clock;
    }

    @Override
    public Set<String> types() {
        return Set.of(ContainerDefinition.TYPE);
    }

    @Override
    public boolean runs(DeploymentDefinition definition) {
        return definition instanceof ContainerDefinition;
    }

    @Override
    public boolean knows(String reference) {
        return ContainerReference.isOne(reference);
    }

    @Override
    public int atOnce() {
        return settings.atOnce();
    }

    @Override
    public boolean isBoundToServer() {
        return false;
    }

    // Launch

    @Override
    public Uni<Launched> launch(LaunchRequest request) {
        ContainerDefinition definition = (ContainerDefinition) request.definition();
        return allowed(definition)
                .chain(() -> engines.of(definition))
                .chain(engine -> volumes.resolved(definition, engine)
                        .chain(resolved -> take(new Attempt(request, resolved, engine), TRIES)))
                .onFailure(EngineFailure.class)
                .transform(failure -> new LaunchFailure(failure.getMessage(), failure));
    }

    /** Whether the operator still allows what was allowed when the deployment was stored. */
    private Uni<Void> allowed(ContainerDefinition definition) {
        Faults faults = Faults.inBody();
        definition.check(faults, policy);
        return faults.isEmpty()
                ? Uni.createFrom().voidItem()
                : Uni.createFrom()
                        .failure(new LaunchFailure("The deployment is not allowed (any more): "
                                + String.join(". ", faults.messages()) + "."));
    }

    /** One attempt to launch a run, at the engine that it is launched at. */
    private record Attempt(LaunchRequest request, ContainerDefinition definition, Engine engine) {

        String name() {
            return nameOf(request.runId());
        }

        String referenceTo(String containerId) {
            return new ContainerReference(containerId, engine.address()).toString();
        }
    }

    private static String nameOf(UUID runId) {
        return NAME + runId;
    }

    private Uni<Launched> take(Attempt attempt, int tries) {
        if (tries == 0) {
            return Uni.createFrom()
                    .failure(new LaunchFailure("Somebody else makes containers with the name " + attempt.name() + "."));
        }
        return attempt.engine()
                .container(attempt.name())
                .chain(found -> found.isEmpty() ? make(attempt, tries) : goOnWith(attempt, found.get(), tries));
    }

    /** There is one already: the run, or what an attempt left that never got as far. */
    private Uni<Launched> goOnWith(Attempt attempt, Container found, int tries) {
        if (!RunLabels.isOf(found, attempt.request().runId())) {
            return Uni.createFrom()
                    .failure(new LaunchFailure("The engine has a container named " + attempt.name()
                            + " which is not of this run. Remove or rename it, then run the plan again."));
        }
        // A later attempt is another server's, which has the run by now: the database will say so.
        if (found.wasStarted() || RunLabels.attempt(found) > attempt.request().attempt()) {
            return Uni.createFrom().item(Launched.as(attempt.referenceTo(found.id())));
        }
        // It has the token of an earlier attempt, and perhaps not all of its files. Not by force: should it have been
        // started
        // this moment, the engine refuses, and it is the run.
        return attempt.engine()
                .remove(found.id(), false)
                .onFailure(DockerRunner::isConflict)
                .recoverWithNull()
                .chain(() -> take(attempt, tries - 1));
    }

    private static boolean isConflict(Throwable failure) {
        return failure instanceof EngineFailure refused && refused.isConflict();
    }

    private Uni<Launched> make(Attempt attempt, int tries) {
        return haveImage(attempt)
                .chain(() -> attempt.request().secretFiles().get())
                .chain(files -> refuseOnHost(attempt.definition(), files)
                        .chain(() -> attempt.request().newToken().apply(tokenLifetime(attempt.request())))
                        .chain(token -> attempt.engine().create(attempt.name(), specOf(attempt, token)))
                        .chain(id -> fill(attempt, id, files)))
                .onFailure(DockerRunner::isConflict)
                .recoverWithUni(() -> take(attempt, tries - 1));
    }

    private Uni<Launched> fill(Attempt attempt, String id, List<SecretFile> files) {
        return Multi.createFrom()
                .iterable(files)
                .onItem()
                .transformToUniAndConcatenate(file -> copy(attempt.engine(), id, file))
                .collect()
                .last()
                .replaceWith(Launched.as(attempt.referenceTo(id)))
                .onFailure()
                .call(() -> attempt.engine().remove(id, false).onFailure().recoverWithNull());
    }

    private Uni<Void> haveImage(Attempt attempt) {
        ContainerDefinition definition = attempt.definition();
        if (definition.pullPolicy() == PullPolicy.ALWAYS) {
            return pull(attempt);
        }
        return attempt.engine().image(definition.image()).chain(image -> {
            if (image.isPresent()) {
                return Uni.createFrom().voidItem();
            }
            return definition.pullPolicy() == PullPolicy.NEVER
                    ? Uni.createFrom()
                            .failure(new LaunchFailure("The engine at "
                                    + attempt.engine().address() + " does not have the image " + definition.image()
                                    + ", and the deployment's pull_policy is 'never'. Bring the image there, or let it"
                                    + " be pulled."))
                    : pull(attempt);
        });
    }

    private Uni<Void> pull(Attempt attempt) {
        ContainerDefinition definition = attempt.definition();
        return pulls.pull(attempt.engine(), definition.image(), RegistryLogin.of(definition))
                .onFailure(EngineFailure.class)
                .transform(failure -> ImageFailure.of(definition, (EngineFailure) failure));
    }

    private Duration tokenLifetime(LaunchRequest request) {
        return timeoutOf(request).plus(settings.grace()).plus(TOKEN_MARGIN);
    }

    private Duration timeoutOf(LaunchRequest request) {
        return request.timeout() == null ? settings.timeout() : request.timeout();
    }

    private ContainerSpec specOf(Attempt attempt, String token) {
        LaunchRequest request = attempt.request();
        ContainerDefinition definition = attempt.definition();
        return new ContainerSpec(
                definition,
                client.arguments(request.planId()),
                client.variables(
                        request, callback.url(definition, attempt.engine().address()), token),
                RunLabels.of(request, timeoutOf(request), settings.grace(), definition.keepOnFailure()));
    }

    /** What is copied to a path below a volume would stay on the host. */
    private static Uni<Void> refuseOnHost(ContainerDefinition definition, List<SecretFile> files) {
        for (SecretFile file : files) {
            boolean onHost = definition.volumes() != null
                    && definition.volumes().values().stream().anyMatch(volume -> (file.path() + "/")
                            .startsWith(volume.bind().replaceAll("/+$", "") + "/"));
            if (onHost) {
                return Uni.createFrom()
                        .failure(
                                new LaunchFailure(
                                        "The secret file " + file.path() + " of the environment would be written"
                                                + " to a volume, and stay on the engine's host. Give it a path outside of the volumes."));
            }
        }
        return Uni.createFrom().voidItem();
    }

    /** Copies a file to its path, with those of its directories that the image does not have. */
    private static Uni<Void> copy(Engine engine, String id, SecretFile file) {
        List<String> parents = new ArrayList<>();
        for (int slash = file.path().indexOf('/', 1);
                slash > 0;
                slash = file.path().indexOf('/', slash + 1)) {
            parents.add(file.path().substring(0, slash));
        }
        return existing(engine, id, parents, 0).chain(count -> {
            String base = count == 0 ? "/" : parents.get(count - 1);
            int cut = base.equals("/") ? 1 : base.length() + 1;
            List<String> missing = parents.subList(count, parents.size()).stream()
                    .map(parent -> parent.substring(cut))
                    .toList();
            return engine.unpack(
                            id, base, SecretFiles.archive(missing, file.path().substring(cut), file))
                    .onFailure(EngineFailure.class)
                    .transform(failure -> new LaunchFailure(
                            "The secret file " + file.path() + " cannot be copied into the container: "
                                    + failure.getMessage(),
                            failure));
        });
    }

    /** How many of the directories, outermost first, the container has. */
    private static Uni<Integer> existing(Engine engine, String id, List<String> directories, int known) {
        return known == directories.size()
                ? Uni.createFrom().item(known)
                : engine.hasPath(id, directories.get(known))
                        .chain(exists -> exists
                                ? existing(engine, id, directories, known + 1)
                                : Uni.createFrom().item(known));
    }

    // The run

    /** Of a run that is still being launched nothing was started: an engine that is away does not change that. */
    @Override
    public Uni<Optional<String>> find(RunAtEngine run) {
        return run.definition()
                .get()
                .chain(definition -> engines.of((ContainerDefinition) definition))
                .chain(engine -> engine.container(nameOf(run.runId())).map(found -> startedAt(engine, run, found)))
                .onFailure(failure -> failure instanceof EngineFailure || failure instanceof LaunchFailure)
                .recoverWithItem(Optional.empty());
    }

    private static Optional<String> startedAt(Engine engine, RunAtEngine run, Optional<Container> found) {
        return found.filter(Container::wasStarted)
                .filter(container -> RunLabels.isOf(container, run.runId()))
                .map(container -> new ContainerReference(container.id(), engine.address()).toString());
    }

    @Override
    public Multi<RunnerEvent> observe(RunAtEngine run, long fromByte) {
        ContainerReference reference = ContainerReference.of(run.reference());
        return engineOf(run).onItem().transformToMulti(engine -> observe(engine, reference, fromByte));
    }

    private Multi<RunnerEvent> observe(Engine engine, ContainerReference reference, long fromByte) {
        Observation observation = new Observation(engine, reference, fromByte);
        observed.put(reference.id(), observation);
        return Multi.createBy()
                .repeating()
                .uni(observation::next)
                .until(events -> events.isEmpty() && observation.isDone())
                .onTermination()
                .invoke(() -> {
                    observation.close();
                    observed.remove(reference.id(), observation);
                })
                .onItem()
                .disjoint();
    }

    /** The engine of a run that was launched, by the deployment's means as they are now. */
    private Uni<Engine> engineOf(RunAtEngine run) {
        return run.definition()
                .get()
                .map(definition -> Optional.of((ContainerDefinition) definition))
                // Its engine may be reached without it.
                .onFailure(failure -> failure instanceof DeploymentGone || failure instanceof ClassCastException)
                .recoverWithItem(Optional.empty())
                .chain(definition ->
                        engines.at(ContainerReference.of(run.reference()).engine(), definition));
    }

    @Override
    public Uni<Void> permit(RunAtEngine run) {
        String id = ContainerReference.of(run.reference()).id();
        return engineOf(run)
                .chain(engine -> engine.start(id))
                .onFailure(failure -> failure instanceof EngineFailure engine && engine.isAnswer())
                .recoverWithUni(failure -> {
                    tell(id, observation -> observation.refused(failure.getMessage()));
                    return Uni.createFrom().voidItem();
                })
                .invoke(() -> tell(id, Observation::lookNow));
    }

    private void tell(String id, java.util.function.Consumer<Observation> news) {
        Optional.ofNullable(observed.get(id)).ifPresent(news);
    }

    @Override
    public Uni<Void> cancel(RunAtEngine run) {
        String id = ContainerReference.of(run.reference()).id();
        return engineOf(run).chain(engine -> engine.container(id).chain(found -> {
            if (found.isEmpty()) {
                return Uni.createFrom().voidItem();
            }
            return found.get().wasStarted() ? stop(engine, found.get()) : removeUnstarted(engine, id);
        }));
    }

    private Uni<Void> removeUnstarted(Engine engine, String id) {
        tell(id, Observation::cancelledBeforeStart);
        return engine.remove(id, false).invoke(() -> tell(id, Observation::lookNow));
    }

    /** The name says why it ended, to whichever server sees it end. */
    private static Uni<Void> stop(Engine engine, Container container) {
        if (!container.isRunning()) {
            return Uni.createFrom().voidItem();
        }
        Uni<Void> renamed = container.name().endsWith(ContainerEnd.CANCELLED)
                ? Uni.createFrom().voidItem()
                : engine.rename(container.id(), container.name() + ContainerEnd.CANCELLED);
        return renamed.chain(() -> engine.stop(container.id(), RunLabels.grace(container)));
    }

    @Override
    public Uni<Void> cleanUp(RunAtEngine run) {
        return engineOf(run)
                .chain(engine ->
                        remove(engine, ContainerReference.of(run.reference()).id()));
    }

    private static Uni<Void> remove(Engine engine, String id) {
        return engine.container(id)
                .chain(found -> found.isEmpty() || isKept(found.get())
                        ? Uni.createFrom().voidItem()
                        : engine.remove(id, true))
                // It is being removed already.
                .onFailure(DockerRunner::isConflict)
                .recoverWithNull();
    }

    private static boolean isKept(Container container) {
        return !container.isRunning() && RunLabels.isKeptOnFailure(container) && ContainerEnd.looksFailed(container);
    }

    // What is left over

    /**
     * Only what was never started, or has ended and is not kept: a container that runs has a server that follows it, or will
     * have one.
     */
    @Override
    public Uni<List<Leftover>> leftovers() {
        return engines.known().chain(known -> Multi.createFrom()
                .iterable(known)
                .onItem()
                .transformToUniAndMerge(this::leftoversAt)
                .onItem()
                .<Leftover>disjoint()
                .collect()
                .asList());
    }

    private Uni<List<Leftover>> leftoversAt(Engine engine) {
        Instant before = clock.instant().minus(SETTLED);
        return engine.containersWith(RunLabels.RUN)
                .map(found -> found.stream()
                        .filter(container -> container.made().isBefore(before))
                        .flatMap(container -> RunLabels.leftover(container, engine.address()).stream())
                        .toList())
                .ifNoItem()
                .after(SWEEP_WITHIN)
                .fail()
                .onFailure()
                .invoke(failure ->
                        LOG.debugf("%s is not looked through for leftovers: %s", engine.address(), failure.toString()))
                .onFailure()
                .recoverWithItem(List.of());
    }

    @Override
    public Uni<Void> discard(Leftover leftover) {
        ContainerReference reference = ContainerReference.of(leftover.reference());
        return engines.at(reference.engine(), Optional.empty()).chain(engine -> remove(engine, reference.id()));
    }

    // Checks

    @Override
    public Uni<List<CheckResult>> check(UUID orgId, DeploymentDefinition definition) {
        return checks.check(orgId, (ContainerDefinition) definition);
    }
}
