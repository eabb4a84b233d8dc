package com.reliably.runner.cli;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.deployment.CliDefinition;
import com.reliably.deployment.DeploymentDefinition;
import com.reliably.runner.CheckResult;
import com.reliably.runner.ClientCommand;
import com.reliably.runner.LaunchFailure;
import com.reliably.runner.LaunchRequest;
import com.reliably.runner.Launched;
import com.reliably.runner.Leftover;
import com.reliably.runner.RunAtEngine;
import com.reliably.runner.Runner;
import com.reliably.runner.RunnerEvent;
import com.reliably.runner.RunnerEvent.How;
import com.reliably.runner.ServerAddress;
import com.reliably.secret.Mask;
import com.reliably.start.ServerSettings;
import com.reliably.web.PlainText;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Runs plans with the Reliably CLI in child processes on this host.
 *
 * <p>Between the server and the CLI stands a launcher (docs/adr/0006): a process that outlives the server, writes the
 * output to a file, and knows how to end the whole tree of processes. All that is known of an attempt stands in its
 * directory, so that a restarted server goes on where it was. The launcher prepares everything, and executes the CLI only
 * with the permit of a server that still owns the run in this attempt.
 */
@Singleton
final class CliRunner implements Runner {

    private static final Logger LOG = Logger.getLogger(CliRunner.class);
    private static final String SCHEME = "process:";
    /** How long a launcher may take to say that it began. Python starts in a fraction of a second, on a good day. */
    private static final Duration LAUNCH_WITHIN = Duration.ofSeconds(20);

    /** The token outlives the run by this much, so that its last report is taken. */
    private static final Duration TOKEN_MARGIN = Duration.ofMinutes(10);

    /** How long after its time a run waits for its server with reports that it keeps; the token must be good then. */
    private static final Duration HANDOVER_WITHIN = TOKEN_MARGIN.minusMinutes(1);

    /** How long a check may take; finding versions of everything is most of it. */
    private static final Duration CHECK_WITHIN = Duration.ofSeconds(80);

    private static final Duration LOOK_FOR_READY_EVERY = Duration.ofMillis(100);
    /** A directory that changed more recently may be one that is being made. */
    private static final Duration SETTLED = Duration.ofMinutes(1);
    /** A run's directory: its id and the attempt. */
    private static final Pattern NAME = Pattern.compile("([0-9a-f-]{36})\\.([0-9]{1,9})");

    private final ManagedSettings settings;
    private final ServerAddress address;
    private final ClientCommand client;
    private final ObjectMapper json;
    private final RunConfinement confinement;
    private final Path root;
    private final LauncherScripts scripts;
    private final long outputLimit;

    CliRunner(
            ManagedSettings settings,
            ServerSettings server,
            ServerAddress address,
            ClientCommand client,
            RunConfinement confinement,
            ObjectMapper json,
            @ConfigProperty(name = "reliably.runs.log-limit") MemorySize outputLimit) {
        this.settings = settings;
        this.address = address;
        this.client = client;
        this.confinement = confinement;
        this.json = json;
        this.outputLimit = outputLimit.asLongValue();
        this.root = server.dataDir()
                .orElseGet(() -> Path.of(System.getProperty("user.home"), ".reliably"))
                .toAbsolutePath()
                .normalize();
        this.scripts = new LauncherScripts(runs());
    }

    @Override
    public Set<String> types() {
        return Set.of(CliDefinition.TYPE);
    }

    @Override
    public int atOnce() {
        return settings.atOnce();
    }

    /** The processes are on this host, and only who has the data directory knows of them. */
    @Override
    public boolean isBoundToServer() {
        return true;
    }

    @Override
    public boolean runs(DeploymentDefinition definition) {
        return definition instanceof CliDefinition cli && cli.isManaged();
    }

    @Override
    public Optional<String> refusalBesideOthers(DeploymentDefinition definition) {
        return confinement.refusalBesideOthers((CliDefinition) definition);
    }

    @Override
    public boolean knows(String reference) {
        return reference.startsWith(SCHEME);
    }

    @Override
    public Uni<Launched> launch(LaunchRequest request) {
        if (!settings.enabled()) {
            return Uni.createFrom()
                    .failure(new LaunchFailure("Managed runs are switched off on this server"
                            + " (RELIABLY_MANAGED_ENABLED); use another deployment."));
        }
        RunDirectory directory = directoryOf(request.runId(), request.attempt());
        return blocking(() -> directory.isLaunched())
                .chain(launched -> launched
                        ? Uni.createFrom().voidItem()
                        : prepare(request, directory).chain(() -> start(directory)))
                .map(started -> Launched.as(referenceOf(directory)));
    }

    private Uni<Void> prepare(LaunchRequest request, RunDirectory directory) {
        return confinement
                .of(request.orgId(), root)
                .chain(confined -> blocking(() -> {
                    directory.make();
                    Map<String, Object> spec = specOf(
                            (CliDefinition) request.definition(),
                            timeoutOf(request),
                            client.arguments(request.planId()));
                    directory.write("spec.json", spec(spec, request.orgId(), confined));
                    return directory.environment().isPresent();
                }))
                // An earlier attempt may be starting this moment, with the token that stands there: it must stay valid.
                .chain(present -> present ? Uni.createFrom().voidItem() : writeEnvironment(request, directory));
    }

    private Uni<Void> writeEnvironment(LaunchRequest request, RunDirectory directory) {
        return request.newToken()
                .apply(timeoutOf(request).plus(settings.grace()).plus(TOKEN_MARGIN))
                .chain(token -> blocking(() -> {
                    directory.write("environment.json", client.variables(request, serverUrl(), token));
                    return null;
                }));
    }

    private String serverUrl() {
        return settings.callbackUrl().orElseGet(address::url);
    }

    private Uni<Void> start(RunDirectory directory) {
        return blocking(() -> {
            Path launcher = scripts.launcher();
            String python = HostPython.path();
            List<String> command =
                    List.of(python, "-I", launcher.toString(), directory.path().toString());
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(directory.path().toFile())
                    .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                    .redirectErrorStream(true)
                    .redirectOutput(directory.path().resolve("launcher.log").toFile());
            keepOnlyHarmless(builder.environment());
            try {
                builder.start();
            } catch (IOException e) {
                throw new LaunchFailure("The launcher cannot be started with '" + python + "': " + e.getMessage(), e);
            }
            return null;
        });
    }

    /** None of the server's variables, but what finds programs and what the operator lets through. */
    private void keepOnlyHarmless(Map<String, String> environment) {
        List<String> patterns = new ArrayList<>(settings.passThrough());
        patterns.addAll(List.of("PATH", "HOME", "USER", "PYENV_ROOT"));
        environment.keySet().removeIf(name -> patterns.stream().noneMatch(pattern -> name.toUpperCase(Locale.ROOT)
                .matches(pattern.toUpperCase(Locale.ROOT).replace("*", ".*"))));
    }

    @Override
    public Uni<Optional<String>> find(RunAtEngine run) {
        RunDirectory directory = directoryOf(run.runId(), run.attempt());
        return blocking(() -> directory.isLaunched() ? Optional.of(referenceOf(directory)) : Optional.empty());
    }

    @Override
    public Multi<RunnerEvent> observe(RunAtEngine run, long fromByte) {
        Reader reader = new Reader(directoryOf(run.reference()), fromByte);
        return Multi.createBy()
                .repeating()
                .uni(() -> blocking(reader::next).call(events -> reader.isDone() ? nothing() : pause(reader, events)))
                .until(events -> events.isEmpty() && reader.isDone())
                .onItem()
                .disjoint();
    }

    /** A run that is about to be ready is looked at more often: it waits for the permit. */
    private Uni<Void> pause(Reader reader, List<RunnerEvent> events) {
        return events.isEmpty()
                ? nothing().onItem().delayIt().by(reader.isPermitted() ? settings.pollEvery() : LOOK_FOR_READY_EVERY)
                : nothing();
    }

    private static Uni<Void> nothing() {
        return Uni.createFrom().voidItem();
    }

    @Override
    public Uni<Void> permit(RunAtEngine run) {
        return blocking(() -> {
            directoryOf(run.reference()).permit();
            return null;
        });
    }

    /** Follows the files of one run. Used by one thread at a time. */
    private final class Reader {

        private final RunDirectory directory;
        private final long launchDeadline = System.nanoTime() + LAUNCH_WITHIN.toNanos();
        private long position;
        private boolean readyTold;
        private boolean permitted;
        private boolean done;
        private String token;

        Reader(RunDirectory directory, long position) {
            this.directory = directory;
            this.position = position;
        }

        boolean isDone() {
            return done;
        }

        boolean isPermitted() {
            return permitted;
        }

        /** Everything that is new; empty where nothing is. */
        List<RunnerEvent> next() throws IOException {
            List<RunnerEvent> events = new ArrayList<>();
            if (done) {
                return events;
            }
            // In this order: what is over now has written all its output before it is read below.
            Optional<RunnerEvent.Ended> end = end();
            permitted = permitted || directory.isPermitted();
            if (!readyTold && end.isEmpty() && (permitted || directory.isReady())) {
                readyTold = true;
                events.add(new RunnerEvent.Ready());
            }
            byte[] piece = directory.read(position, end.isPresent());
            while (piece != null && events.size() < 50) {
                events.add(new RunnerEvent.Output(position, position + piece.length, textOf(piece)));
                position += piece.length;
                piece = directory.read(position, end.isPresent());
            }
            if (end.isPresent() && piece == null) {
                done = true;
                events.add(end.get());
            }
            return events;
        }

        private Optional<RunnerEvent.Ended> end() throws IOException {
            // First: a launcher that begins between the looks below must not count as one that has died.
            boolean begun =
                    directory.isLaunched() && Files.exists(directory.path().resolve("pid"));
            // The supervisor of one that was killed has the experiment roll back.
            boolean alive =
                    directory.launcher().isPresent() || directory.supervisor().isPresent();
            Optional<RunDirectory.Result> result = directory.result();
            if (result.isPresent()) {
                return result.map(Reader.this::toEnded);
            }
            if (alive) {
                return Optional.empty();
            }
            if (!directory.exists()) {
                return vanished(
                        directory.path().startsWith(root)
                                ? "The directory of the run is gone from this host."
                                : "The run was started on another host, whose server has not been heard of since, so"
                                        + " that how it ended is not known (" + directory.path() + ").");
            }
            if (!begun) {
                if (System.nanoTime() < launchDeadline) {
                    return Optional.empty();
                }
                return unprepared("The launcher did not begin: " + directory.launcherOutput());
            }
            // It may have written its result and ended between the two looks above.
            Optional<RunDirectory.Result> late = directory.result();
            if (late.isPresent()) {
                return late.map(Reader.this::toEnded);
            }
            return directory.isPermitted()
                    ? vanished("The run's launcher was killed from outside (out of memory, a restart of the host?), so"
                            + " how the experiment ended is not known." + notHandedOver())
                    : unprepared("The run's launcher was killed from outside (out of memory, a restart of the host?)"
                            + " before the experiment began.");
        }

        private String notHandedOver() throws IOException {
            int reports = directory.reportsNotHandedOver();
            return reports == 0
                    ? ""
                    : " It had kept " + reports
                            + " of the client's last reports for this server, which are lost with it.";
        }

        private Optional<RunnerEvent.Ended> unprepared(String why) {
            return Optional.of(new RunnerEvent.Ended(How.UNPREPARED, null, why));
        }

        private Optional<RunnerEvent.Ended> vanished(String why) {
            return Optional.of(new RunnerEvent.Ended(How.VANISHED, null, why));
        }

        private RunnerEvent.Ended toEnded(RunDirectory.Result result) {
            return switch (result.reason()) {
                case "exited" -> Objects.equals(result.exitCode(), 0) ? endedWell() : ended(How.EXITED, result);
                case "unreported" -> ended(How.UNREPORTED, result);
                case "cancelled" -> ended(How.CANCELLED, result);
                case "limit" -> ended(How.OVER_LIMIT, result);
                case "timeout" -> RunnerEvent.Ended.tookTooLong(result.exitCode(), "RELIABLY_MANAGED_TIMEOUT");
                default -> ended(How.UNPREPARED, result);
            };
        }

        private RunnerEvent.Ended ended(How how, RunDirectory.Result result) {
            return new RunnerEvent.Ended(how, result.exitCode(), result.error());
        }

        private RunnerEvent.Ended endedWell() {
            return RunnerEvent.Ended.well(
                    "What RELIABLY_MANAGED_PACKAGES and the deployment's requirements install has to be the Reliably CLI"
                            + " with chaostoolkit-reliably",
                    serverUrl(),
                    "RELIABLY_MANAGED_CALLBACK_URL");
        }

        private String textOf(byte[] piece) throws IOException {
            if (token == null) {
                token = directory
                        .environment()
                        .map(env -> env.get(ClientCommand.TOKEN))
                        .orElse("");
            }
            String text = PlainText.repaired(new String(piece, StandardCharsets.UTF_8));
            return token.isEmpty() ? text : text.replace(token, Mask.MASK);
        }
    }

    @Override
    public Uni<Void> cancel(RunAtEngine run) {
        return blocking(() -> {
            Optional<ProcessHandle> launcher = directoryOf(run.reference()).launcher();
            // SIGTERM: the launcher passes it on, waits, and kills what is left.
            launcher.ifPresent(ProcessHandle::destroy);
            if (launcher.isEmpty()) {
                LOG.debugf("Run %s has no launcher to be cancelled (any more)", run.runId());
            }
            return null;
        });
    }

    @Override
    public Uni<Void> cleanUp(RunAtEngine run) {
        return blocking(() -> {
            RunDirectory directory = directoryOf(run.reference());
            endWhatIsLeft(directory);
            directory.delete();
            return null;
        });
    }

    /** Where nobody lived to end the run's processes, it is done here. */
    private static void endWhatIsLeft(RunDirectory directory) throws IOException {
        if (directory.result().isPresent()) {
            return;
        }
        Optional<String> token = directory.environment().map(variables -> variables.get(ClientCommand.TOKEN));
        if (token.isPresent()) {
            ProcessesOfRun.end(ClientCommand.TOKEN, token.get());
        }
    }

    @Override
    public Uni<List<Leftover>> leftovers() {
        return blocking(() -> {
            if (!Files.isDirectory(runs())) {
                return List.of();
            }
            FileTime before = FileTime.fromMillis(System.currentTimeMillis() - SETTLED.toMillis());
            List<Leftover> found = new ArrayList<>();
            try (DirectoryStream<Path> directories = Files.newDirectoryStream(runs(), Files::isDirectory)) {
                for (Path path : directories) {
                    if (Files.getLastModifiedTime(path).compareTo(before) < 0) {
                        leftover(path).ifPresent(found::add);
                    }
                }
            }
            return found;
        });
    }

    private static Optional<Leftover> leftover(Path path) {
        Matcher name = NAME.matcher(path.getFileName().toString());
        return name.matches()
                ? Optional.of(
                        new Leftover(UUID.fromString(name.group(1)), Integer.parseInt(name.group(2)), SCHEME + path))
                : Optional.empty();
    }

    /** What still runs is told to end first; the next sweep finds it ended. */
    @Override
    public Uni<Void> discard(Leftover leftover) {
        return blocking(() -> {
            RunDirectory directory = directoryOf(leftover.reference());
            Optional<ProcessHandle> launcher = directory.launcher();
            if (launcher.isPresent()) {
                launcher.get().destroy();
            } else if (directory.supervisor().isEmpty()) {
                endWhatIsLeft(directory);
                directory.delete();
            }
            return null;
        });
    }

    @Override
    public Uni<List<CheckResult>> check(UUID orgId, DeploymentDefinition definition) {
        if (!settings.enabled()) {
            return Uni.createFrom()
                    .item(List.of(CheckResult.failed(
                            "managed runs switched on",
                            "Managed runs are switched off on this server.",
                            "Use another deployment, or have the operator set RELIABLY_MANAGED_ENABLED.")));
        }
        return confinement
                .of(orgId, root)
                .chain(confined -> blocking(() ->
                        startCheck(spec(specOf((CliDefinition) definition, CHECK_WITHIN, List.of()), orgId, confined))))
                .chain(this::results)
                .onFailure(LaunchFailure.class)
                .recoverWithItem(failure -> List.of(CheckResult.failed(
                        "Python interpreter", failure.getMessage(), "Install Python on the server's host.")));
    }

    /** A launcher that looks, and the directory that it looks in. */
    private record Check(Process launcher, RunDirectory directory) {}

    private Check startCheck(Map<String, Object> spec) throws IOException {
        Files.createDirectories(runs());
        RunDirectory directory = new RunDirectory(Files.createTempDirectory(runs(), "check-"), json);
        try {
            directory.write("spec.json", spec);
            ProcessBuilder builder = new ProcessBuilder(
                            HostPython.path(),
                            "-I",
                            scripts.launcher().toString(),
                            "--check",
                            directory.path().toString())
                    .directory(directory.path().toFile())
                    .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                    .redirectError(directory.path().resolve("launcher.log").toFile())
                    .redirectOutput(directory.path().resolve("results.json").toFile());
            keepOnlyHarmless(builder.environment());
            return new Check(builder.start(), directory);
        } catch (IOException | RuntimeException e) {
            directory.delete();
            throw e;
        }
    }

    /** The launcher keeps to its time by itself; this bounds only one that cannot. */
    private Uni<List<CheckResult>> results(Check check) {
        return Uni.createFrom()
                .completionStage(() -> check.launcher().onExit())
                .ifNoItem()
                .after(CHECK_WITHIN.multipliedBy(2))
                .recoverWithItem(check.launcher())
                .chain(launcher -> blocking(() -> read(check)))
                .onTermination()
                .invoke(() -> check.launcher().destroyForcibly())
                .onTermination()
                .call(() -> blocking(() -> {
                    check.directory().delete();
                    return null;
                }));
    }

    private List<CheckResult> read(Check check) throws IOException {
        byte[] results = Files.readAllBytes(check.directory().path().resolve("results.json"));
        if (results.length == 0) {
            return List.of(CheckResult.failed(
                    "launcher works",
                    "The launcher of runs ended without an answer: "
                            + check.directory().launcherOutput(),
                    "Check Python on the server's host."));
        }
        return json.readValue(results, new TypeReference<>() {});
    }

    private Path runs() {
        return root.resolve("runs");
    }

    /** Every attempt has a directory of its own, so that none takes another's for its own. */
    private RunDirectory directoryOf(UUID runId, int attempt) {
        return new RunDirectory(runs().resolve(runId + "." + attempt), json);
    }

    private RunDirectory directoryOf(String reference) {
        return new RunDirectory(Path.of(reference.substring(SCHEME.length())), json);
    }

    /** A path of this host. Another server on the same host can follow it; one elsewhere finds nothing there. */
    private static String referenceOf(RunDirectory directory) {
        return SCHEME + directory.path();
    }

    private Duration timeoutOf(LaunchRequest request) {
        return request.timeout() == null ? settings.timeout() : request.timeout();
    }

    /** Environments and packages are an organization's own: what one installs runs in no other's. */
    private Map<String, Object> spec(Map<String, Object> spec, UUID orgId, Map<String, Object> confined) {
        spec.put(
                "environments", root.resolve("python").resolve(orgId.toString()).toString());
        spec.put("confinement", confined);
        return spec;
    }

    private Map<String, Object> specOf(CliDefinition definition, Duration timeout, List<String> arguments) {
        Map<String, Object> spec = new LinkedHashMap<>();
        spec.put("arguments", arguments);
        spec.put("base_dir", definition.baseDir());
        spec.put("py_version", definition.pyVersion());
        spec.put("requirements", definition.pyDependencies());
        spec.put("packages", settings.packages());
        spec.put("constraints", settings.constraints().orElse(List.of()));
        spec.put("pass_through", settings.passThrough());
        spec.put("timeout_seconds", timeout.toSeconds());
        spec.put("grace_seconds", settings.grace().toSeconds());
        spec.put("permit_seconds", settings.permitWithin().toSeconds());
        spec.put("token_check_seconds", settings.tokenCheckEvery().toSeconds());
        spec.put("handover_seconds", HANDOVER_WITHIN.toSeconds());
        spec.put("output_limit_bytes", outputLimit);
        return spec;
    }

    private static <T> Uni<T> blocking(Callable<T> work) {
        return Uni.createFrom()
                .item(() -> {
                    try {
                        return work.call();
                    } catch (RuntimeException e) {
                        throw e;
                    } catch (Exception e) {
                        throw new java.io.UncheckedIOException(e instanceof IOException io ? io : new IOException(e));
                    }
                })
                .runSubscriptionOn(Infrastructure.getDefaultWorkerPool());
    }
}
