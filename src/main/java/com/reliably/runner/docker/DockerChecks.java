package com.reliably.runner.docker;

import com.github.dockerjava.api.command.InspectImageResponse;
import com.reliably.deployment.ContainerDefinition;
import com.reliably.deployment.ContainerDefinition.PullPolicy;
import com.reliably.deployment.DeploymentPolicy;
import com.reliably.problem.Faults;
import com.reliably.runner.CheckResult;
import com.reliably.runner.ClientCommand;
import com.reliably.runner.LaunchFailure;
import com.reliably.runner.RunnerEvent.Output;
import com.reliably.runner.ServerAddress;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Looks for what would stop a run in a container, by trying it: what can only be known from inside is asked in containers
 * that end at once, and are removed.
 */
@Singleton
final class DockerChecks {

    private static final String POLICY = "allowed by the operator";
    private static final String ENGINE = "engine reachable";
    private static final String IMAGE = "image available";
    private static final String CLI = "entrypoint is the Reliably CLI";
    private static final String SERVER = "server reachable from the container";
    private static final String USER = "container's user";

    private static final String LABEL = "reliably.com/check";
    private static final Duration PROBE_WITHIN = Duration.ofSeconds(45);
    /** What was made longer ago is of a server that was killed while it looked. */
    private static final Duration FORGOTTEN = Duration.ofMinutes(10);

    private static final int QUOTED = 300;
    /** What the CLI says when the server has refused its token, which proves that it got there. */
    private static final List<String> ANSWERED = List.of("not authorized", "plan not found");

    private final Engines engines;
    private final VolumeSources volumes;
    private final Callback callback;
    private final ServerAddress address;
    private final ClientCommand client;
    private final DeploymentPolicy policy;
    private final Clock clock;

    DockerChecks(
            Engines engines,
            VolumeSources volumes,
            Callback callback,
            ServerAddress address,
            ClientCommand client,
            DeploymentPolicy policy,
            Clock clock) {
        this.engines = engines;
        this.volumes = volumes;
        this.callback = callback;
        this.address = address;
        this.client = client;
        this.policy = policy;
        this.clock = clock;
    }

    /** One result for each thing that was looked at; what cannot be looked at is skipped. */
    Uni<List<CheckResult>> check(UUID orgId, ContainerDefinition definition) {
        Faults faults = Faults.inBody();
        definition.check(faults, policy);
        List<CheckResult> results = new ArrayList<>();
        results.add(
                faults.isEmpty()
                        ? CheckResult.passed(POLICY, "What the deployment asks for is allowed on this server.")
                        : CheckResult.failed(
                                POLICY,
                                String.join(". ", faults.messages()) + ".",
                                "Change the deployment, or have the operator allow it."));
        if (!faults.isEmpty()) {
            return skip(results, "The deployment is not allowed.", ENGINE, IMAGE, CLI, SERVER);
        }
        return engines.of(definition)
                .chain(engine -> volumes.resolved(definition, engine)
                        .chain(resolved -> checkEngine(orgId, new Looked(resolved, engine, results))))
                .onFailure(LaunchFailure.class)
                .recoverWithUni(failure -> {
                    results.set(0, CheckResult.failed(POLICY, failure.getMessage(), "Change the deployment."));
                    return skip(results, "The deployment cannot be used as it is.", ENGINE, IMAGE, CLI, SERVER);
                });
    }

    /** What is looked at, and what was found so far. */
    private record Looked(ContainerDefinition definition, Engine engine, List<CheckResult> results) {}

    private static Uni<List<CheckResult>> skip(List<CheckResult> results, String why, String... names) {
        Stream.of(names).forEach(name -> results.add(CheckResult.skipped(name, why)));
        return Uni.createFrom().item(results);
    }

    private Uni<List<CheckResult>> checkEngine(UUID orgId, Looked looked) {
        return looked.engine()
                .version()
                .invoke(version -> looked.results()
                        .add(CheckResult.passed(
                                ENGINE,
                                "The engine at " + looked.engine().address() + " has version "
                                        + version.getVersion() + " (API "
                                        + version.getApiVersion() + ").")))
                .chain(() -> forgotten(looked.engine()))
                .chain(() -> checkImage(orgId, looked))
                .onFailure(EngineFailure.class)
                .recoverWithUni(failure -> {
                    looked.results()
                            .add(CheckResult.failed(
                                    ENGINE,
                                    failure.getMessage(),
                                    "Start the engine; check its address, that the server's user may use it (group"
                                            + " 'docker'), and its TLS material."));
                    return skip(looked.results(), "The engine does not answer.", IMAGE, CLI, SERVER);
                });
    }

    /** Removes what an earlier check could not. */
    private Uni<Void> forgotten(Engine engine) {
        Instant before = clock.instant().minus(FORGOTTEN);
        return engine.containersWith(LABEL)
                .chain(found -> Uni.join()
                        .all(Stream.concat(
                                        Stream.of(Uni.createFrom().voidItem()),
                                        found.stream()
                                                .filter(c -> c.made().isBefore(before))
                                                .map(c -> engine.remove(c.id(), true)))
                                .toList())
                        .andCollectFailures())
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }

    private Uni<List<CheckResult>> checkImage(UUID orgId, Looked looked) {
        ContainerDefinition definition = looked.definition();
        return looked.engine().image(definition.image()).chain(image -> {
            if (image.isEmpty() && definition.pullPolicy() == PullPolicy.NEVER) {
                looked.results()
                        .add(CheckResult.failed(
                                IMAGE,
                                "The engine does not have the image " + definition.image()
                                        + ", and is not to pull it (pull_policy).",
                                "Bring the image to the engine, or let it be pulled."));
                return skip(looked.results(), "There is no image to look into.", CLI, SERVER);
            }
            if (image.isPresent() && definition.pullPolicy() != PullPolicy.ALWAYS) {
                looked.results().add(CheckResult.passed(IMAGE, "The engine has the image " + definition.image() + "."));
                return checkInside(orgId, looked, image.get());
            }
            return checkRegistry(orgId, looked, image);
        });
    }

    private Uni<List<CheckResult>> checkRegistry(UUID orgId, Looked looked, Optional<InspectImageResponse> image) {
        ContainerDefinition definition = looked.definition();
        return looked.engine()
                .lookUpInRegistry(definition.image(), RegistryLogin.of(definition))
                .map(found -> CheckResult.passed(IMAGE, "The registry gives the image " + definition.image() + " out."))
                .onFailure(EngineFailure.class)
                .recoverWithItem(failure -> CheckResult.failed(
                        IMAGE,
                        "The image " + definition.image() + " cannot be pulled: " + failure.getMessage(),
                        ImageFailure.remedy(definition, (EngineFailure) failure)))
                .invoke(looked.results()::add)
                .chain(() -> image.isPresent()
                        ? checkInside(orgId, looked, image.get())
                        : skip(
                                looked.results(),
                                "The engine does not have the image yet; the first run pulls it. Check again then.",
                                CLI,
                                SERVER));
    }

    private Uni<List<CheckResult>> checkInside(UUID orgId, Looked looked, InspectImageResponse image) {
        if (looked.definition().user() == null && isRoot(userOf(image))) {
            looked.results()
                    .add(CheckResult.warning(
                            USER,
                            "The image runs as root.",
                            "Give the image another user, or name one in the deployment (user)."));
        }
        return probe(looked, List.of("version"), Map.of())
                .map(DockerChecks::cliResult)
                .onFailure(EngineFailure.class)
                .recoverWithItem(failure -> CheckResult.failed(
                        CLI,
                        "A container with the image cannot be started: " + failure.getMessage(),
                        "Correct what the engine complains about: the image's entrypoint, network_mode, volumes, user or"
                                + " limits."))
                .chain(cli -> {
                    looked.results().add(cli);
                    return cli.outcome() == CheckResult.Outcome.FAILED
                            ? skip(looked.results(), "There is no CLI to ask it with.", SERVER)
                            : checkCallback(orgId, looked);
                });
    }

    private static String userOf(InspectImageResponse image) {
        return image.getConfig() == null || image.getConfig().getUser() == null
                ? ""
                : image.getConfig().getUser();
    }

    private static boolean isRoot(String user) {
        return user.isEmpty()
                || user.equals("root")
                || user.equals("0")
                || user.startsWith("0:")
                || user.startsWith("root:");
    }

    private static CheckResult cliResult(Said said) {
        return said.exitCode() == 0 && said.text().contains("Reliably CLI")
                ? CheckResult.passed(CLI, "The image answers: " + said.lastLine())
                : CheckResult.failed(
                        CLI,
                        "The image's entrypoint does not know the command 'version' (exit code " + said.exitCode()
                                + "): " + said.lastLine(),
                        "Use an image whose entrypoint is the Reliably CLI.");
    }

    /** The CLI asks for a plan that does not exist, with a token that does not, either: nothing can come of it. */
    private Uni<List<CheckResult>> checkCallback(UUID orgId, Looked looked) {
        String url = callback.url(looked.definition(), looked.engine().address());
        return probe(
                        looked,
                        List.of("service", "plan", "execute", UUID.randomUUID().toString()),
                        client.connection(orgId, url, "check"))
                .map(said -> isAnswered(said.text())
                        ? CheckResult.passed(SERVER, "A container reaches this server at " + url + ".")
                        : notReached(url, said))
                .onFailure(EngineFailure.class)
                .recoverWithItem(failure ->
                        CheckResult.failed(SERVER, "It could not be tried: " + failure.getMessage(), "Check again."))
                .invoke(looked.results()::add)
                .replaceWith(looked.results());
    }

    /** Whether the server has answered the CLI. Where it has not, the CLI shows its own source, in which those words stand too. */
    static boolean isAnswered(String text) {
        return text.lines().map(String::strip).anyMatch(line -> ANSWERED.stream()
                .anyMatch(line::startsWith));
    }

    private CheckResult notReached(String url, Said said) {
        return CheckResult.failed(
                SERVER,
                "A container does not reach this server at " + url + ": " + said.lastLine()
                        + address.reachedFromThisHostOnly(),
                "Set RELIABLY_DOCKER_CALLBACK_URL to an address that leads here from the engine's containers, let this"
                        + " server listen on more than 127.0.0.1 (QUARKUS_HTTP_HOST), open the firewall of the host, or use"
                        + " network_mode 'host'.");
    }

    /** What a container said before it ended. */
    private record Said(int exitCode, String text) {

        String lastLine() {
            String last = text.strip().lines().reduce("(nothing)", (before, line) -> line.isBlank() ? before : line);
            return last.length() > QUOTED ? last.substring(0, QUOTED) + "…" : last.strip();
        }
    }

    private Uni<Said> probe(Looked looked, List<String> arguments, Map<String, String> variables) {
        Engine engine = looked.engine();
        ContainerSpec container = new ContainerSpec(looked.definition(), arguments, variables, Map.of(LABEL, "true"));
        return engine.create("reliably-check-" + UUID.randomUUID(), container).chain(id -> engine.start(id)
                .chain(() -> engine.ended(id, PROBE_WITHIN))
                .chain(code -> engine.output(id).map(output -> new Said(code, textOf(output))))
                .onTermination()
                .call(() -> engine.remove(id, true).onFailure().recoverWithNull()));
    }

    private static String textOf(Buffer output) {
        OutputReader reader = new OutputReader(0);
        return Stream.concat(reader.take(output).stream(), reader.rest().stream())
                .map(Output::text)
                .collect(Collectors.joining());
    }
}
