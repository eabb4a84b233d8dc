package com.reliably.runner.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.deployment.CliDefinition;
import com.reliably.deployment.DeploymentDefinition;
import com.reliably.runner.LaunchFailure;
import com.reliably.runner.LaunchRequest;
import com.reliably.runner.Runner;
import com.reliably.runner.RunnerEvent;
import com.reliably.runner.RunnerEvent.How;
import com.reliably.secret.Mask;
import com.reliably.start.ServerSettings;
import com.reliably.web.PlainText;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jboss.logging.Logger;

/**
 * Runs plans with the Reliably CLI in child processes on this host.
 *
 * <p>Between the server and the CLI stands a launcher (docs/adr/0006): a process that outlives the server, writes the
 * output to a file, and knows how to end the whole tree of processes. All that is known of a run stands in its
 * directory, so that a restarted server goes on where it was.
 */
@Singleton
final class CliRunner implements Runner {

    private static final Logger LOG = Logger.getLogger(CliRunner.class);
    private static final String LAUNCHER = "launcher.py";
    private static final String SCHEME = "process:";
    /** How long a launcher may take to say that it began. Python starts in a fraction of a second, on a good day. */
    private static final Duration LAUNCH_WITHIN = Duration.ofSeconds(20);

    private final ManagedSettings settings;
    private final ServerAddress address;
    private final ObjectMapper json;
    private final Path root;

    CliRunner(ManagedSettings settings, ServerSettings server, ServerAddress address, ObjectMapper json) {
        this.settings = settings;
        this.address = address;
        this.json = json;
        this.root = server.dataDir()
                .orElseGet(() -> Path.of(System.getProperty("user.home"), ".reliably"))
                .toAbsolutePath()
                .normalize();
    }

    @Override
    public boolean runs(DeploymentDefinition definition) {
        return definition instanceof CliDefinition cli && cli.isManaged();
    }

    @Override
    public boolean knows(String reference) {
        return reference.startsWith(SCHEME);
    }

    @Override
    public Uni<String> launch(LaunchRequest request) {
        if (!settings.enabled()) {
            return Uni.createFrom()
                    .failure(new LaunchFailure("Managed runs are switched off on this server"
                            + " (RELIABLY_MANAGED_ENABLED); use another deployment."));
        }
        RunDirectory directory = directoryOf(request.runId());
        return blocking(() -> directory.isLaunched())
                .chain(launched -> launched
                        ? Uni.createFrom().item(referenceOf(request.runId()))
                        : prepare(request, directory).chain(() -> start(request, directory)));
    }

    private Uni<Void> prepare(LaunchRequest request, RunDirectory directory) {
        return blocking(() -> {
                    directory.make();
                    directory.write("spec.json", specOf((CliDefinition) request.definition(), request.planId()));
                    return directory.environment().isPresent();
                })
                // An earlier attempt may be starting this moment, with the token that stands there: it must stay valid.
                .chain(present -> present ? Uni.createFrom().voidItem() : writeEnvironment(request, directory));
    }

    private Uni<Void> writeEnvironment(LaunchRequest request, RunDirectory directory) {
        String serverUrl = settings.callbackUrl().orElseGet(address::url);
        return request.newToken()
                .get()
                .chain(token -> blocking(() -> {
                    directory.write("environment.json", variablesOf(request, serverUrl, token));
                    return null;
                }));
    }

    private Uni<String> start(LaunchRequest request, RunDirectory directory) {
        return blocking(() -> {
            Path launcher = launcher();
            String python = python();
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
            return referenceOf(request.runId());
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
    public Uni<Optional<String>> find(UUID runId) {
        return blocking(() -> directoryOf(runId).isLaunched() ? Optional.of(referenceOf(runId)) : Optional.empty());
    }

    @Override
    public Multi<RunnerEvent> observe(UUID runId, String reference, long fromByte) {
        if (!referenceOf(runId).equals(reference)) {
            return ended(
                    How.VANISHED,
                    null,
                    "The run was started on another host (" + reference + "), whose server is gone.");
        }
        Reader reader = new Reader(directoryOf(runId), fromByte);
        return Multi.createBy()
                .repeating()
                .uni(() -> blocking(reader::next))
                .withDelay(settings.pollEvery())
                .until(events -> events.isEmpty() && reader.isDone())
                .onItem()
                .disjoint();
    }

    private static Multi<RunnerEvent> ended(How how, Integer exitCode, String error) {
        return Multi.createFrom().item(new RunnerEvent.Ended(how, exitCode, error));
    }

    /** Follows the files of one run. Used by one thread at a time. */
    private final class Reader {

        private final RunDirectory directory;
        private final long launchDeadline = System.nanoTime() + LAUNCH_WITHIN.toNanos();
        private long position;
        private boolean startedTold;
        private boolean done;
        private String token;

        Reader(RunDirectory directory, long position) {
            this.directory = directory;
            this.position = position;
        }

        boolean isDone() {
            return done;
        }

        /** Everything that is new; empty where nothing is. */
        List<RunnerEvent> next() throws IOException {
            List<RunnerEvent> events = new ArrayList<>();
            if (done) {
                return events;
            }
            // In this order: what is over now has written all its output before it is read below.
            Optional<RunnerEvent.Ended> end = end();
            if (!startedTold && directory.isStarted()) {
                startedTold = true;
                events.add(new RunnerEvent.Started());
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
            boolean alive = directory.launcher().isPresent();
            Optional<RunDirectory.Result> result = directory.result();
            if (result.isPresent()) {
                return result.map(Reader.this::toEnded);
            }
            if (alive) {
                return Optional.empty();
            }
            if (!directory.exists()) {
                return vanished("The directory of the run is gone from this host.");
            }
            if (!directory.isLaunched() || !Files.exists(directory.path().resolve("pid"))) {
                if (System.nanoTime() < launchDeadline) {
                    return Optional.empty();
                }
                return Optional.of(new RunnerEvent.Ended(
                        How.UNPREPARED, null, "The launcher did not begin: " + directory.launcherOutput()));
            }
            // It may have written its result and ended between the two looks above.
            Optional<RunDirectory.Result> late = directory.result();
            return late.isPresent()
                    ? late.map(Reader.this::toEnded)
                    : vanished(
                            "The run's launcher was killed from outside (out of memory, a restart of the host?), so how"
                                    + " the experiment ended is not known.");
        }

        private Optional<RunnerEvent.Ended> vanished(String why) {
            return Optional.of(new RunnerEvent.Ended(How.VANISHED, null, why));
        }

        private RunnerEvent.Ended toEnded(RunDirectory.Result result) {
            How how =
                    switch (result.reason()) {
                        case "exited" -> How.EXITED;
                        case "cancelled" -> How.CANCELLED;
                        case "timeout" -> How.TIMED_OUT;
                        default -> How.UNPREPARED;
                    };
            return new RunnerEvent.Ended(how, result.exitCode(), result.error());
        }

        private String textOf(byte[] piece) throws IOException {
            if (token == null) {
                token = directory
                        .environment()
                        .map(env -> env.get("RELIABLY_SERVICE_TOKEN"))
                        .orElse("");
            }
            String text = PlainText.repaired(new String(piece, StandardCharsets.UTF_8));
            return token.isEmpty() ? text : text.replace(token, Mask.MASK);
        }
    }

    @Override
    public Uni<Void> cancel(UUID runId, String reference) {
        return blocking(() -> {
            Optional<ProcessHandle> launcher = directoryOf(runId).launcher();
            // SIGTERM: the launcher passes it on, waits, and kills what is left.
            launcher.ifPresent(ProcessHandle::destroy);
            if (launcher.isEmpty()) {
                LOG.debugf("Run %s has no launcher to be cancelled (any more)", runId);
            }
            return null;
        });
    }

    @Override
    public Uni<Void> cleanUp(UUID runId, String reference) {
        return blocking(() -> {
            directoryOf(runId).delete();
            return null;
        });
    }

    private RunDirectory directoryOf(UUID runId) {
        return new RunDirectory(root.resolve("runs").resolve(runId.toString()), json);
    }

    /** The data directory is the host's, as far as a run is concerned: only who has it can follow the run. */
    private String referenceOf(UUID runId) {
        return SCHEME + root.resolve("runs").resolve(runId.toString());
    }

    private Map<String, Object> specOf(CliDefinition definition, UUID planId) {
        Map<String, Object> spec = new LinkedHashMap<>();
        spec.put(
                "arguments",
                List.of(
                        "service",
                        "plan",
                        "execute",
                        "--set-status",
                        "--log-stdout",
                        "--load-environment",
                        planId.toString()));
        spec.put("base_dir", definition.baseDir());
        spec.put("py_version", definition.pyVersion());
        spec.put("requirements", definition.pyDependencies());
        spec.put("packages", settings.packages());
        spec.put("constraints", settings.constraints());
        spec.put("pass_through", settings.passThrough());
        spec.put("environments", root.resolve("python").toString());
        spec.put("timeout_seconds", settings.timeout().toSeconds());
        spec.put("grace_seconds", settings.grace().toSeconds());
        return spec;
    }

    /** What the CLI reads; see the contract's recorded environment of a managed child. */
    private static Map<String, String> variablesOf(LaunchRequest request, String serverUrl, String token) {
        URI url = URI.create(serverUrl);
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put("RELIABLY_SERVICE_HOST", serverUrl);
        variables.put("RELIABLY_DOMAIN", serverUrl);
        variables.put("RELIABLY_HOST", url.getRawAuthority());
        variables.put("RELIABLY_USE_HTTP", Boolean.toString("http".equals(url.getScheme())));
        variables.put("RELIABLY_VERIFY_TLS", "1");
        variables.put("RELIABLY_SERVICE_TOKEN", token);
        variables.put("RELIABLY_ORGANIZATION_ID", request.orgId().toString());
        variables.put("RELIABLY_PLAN_ID", request.planId().toString());
        variables.put("RELIABLY_RUN_ID", request.runId().toString());
        if (request.requestedBy() != null) {
            variables.put("RELIABLY_USER_ID", request.requestedBy().toString());
        }
        return variables;
    }

    private Path launcher() throws IOException {
        try (InputStream resource = CliRunner.class.getResourceAsStream(LAUNCHER)) {
            byte[] content = resource.readAllBytes();
            String name = "launcher-" + Integer.toHexString(java.util.Arrays.hashCode(content)) + ".py";
            Path file = root.resolve("runs").resolve(name);
            if (!Files.exists(file)) {
                Path fresh = Files.createTempFile(root.resolve("runs"), "launcher", ".new");
                Files.write(fresh, content);
                Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
            return file;
        }
    }

    /** Any Python 3 will do for the launcher; which one the plan gets is the launcher's to find. */
    private static String python() {
        String path = System.getenv().getOrDefault("PATH", "");
        for (String directory : path.split(java.io.File.pathSeparator)) {
            for (String name : List.of("python3", "python")) {
                Path candidate = Path.of(directory.isEmpty() ? "." : directory, name);
                if (Files.isExecutable(candidate) && isPython3(candidate)) {
                    return candidate.toString();
                }
            }
        }
        throw new LaunchFailure(
                "There is no Python 3 on the PATH of the server's host: install it (python3, and on Debian"
                        + " and Ubuntu python3-venv), then run the plan again.");
    }

    private static boolean isPython3(Path candidate) {
        if (candidate.getFileName().toString().equals("python3")) {
            return true;
        }
        try {
            Process process = new ProcessBuilder(
                            candidate.toString(), "-c", "import sys; sys.exit(sys.version_info < (3, 7))")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
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
