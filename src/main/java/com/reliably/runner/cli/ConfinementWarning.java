package com.reliably.runner.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.start.ServerSettings;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Says once, when the server starts, that managed runs are not confined here; beside the start, which does not wait for it. */
@Singleton
final class ConfinementWarning {

    private static final Logger LOG = Logger.getLogger(ConfinementWarning.class);
    private static final long LONGEST_SECONDS = 60;

    private final ManagedSettings settings;
    private final ServerSettings server;
    private final ObjectMapper json;

    ConfinementWarning(ManagedSettings settings, ServerSettings server, ObjectMapper json) {
        this.settings = settings;
        this.server = server;
        this.json = json;
    }

    void onStart(@Observes StartupEvent event) {
        if (!settings.enabled()
                || LaunchMode.current() != LaunchMode.NORMAL
                || server.dataDir().isEmpty()) {
            return;
        }
        if (settings.isolation() == ManagedSettings.Isolation.NONE) {
            LOG.warn(
                    "Managed runs are not confined (RELIABLY_MANAGED_ISOLATION=none): whoever may write experiments can read"
                            + " this server's keys, and those of all organizations");
            return;
        }
        Infrastructure.getDefaultWorkerPool()
                .execute(() -> look(server.dataDir().get().toAbsolutePath().normalize()));
    }

    private void look(Path dataDirectory) {
        try {
            JsonNode found = probe(dataDirectory);
            if (found.path("landlock").asInt() == 0 && !found.path("namespaces").isNull()) {
                LOG.warnf(
                        "Managed runs cannot be confined on this host, which has neither Landlock nor mount namespaces for the"
                                + " server's user (%s): whoever may write experiments can read this server's keys. Runs are"
                                + " refused once there is a second organization (docs/operations.md)",
                        found.path("namespaces").asText());
            }
        } catch (IOException | RuntimeException e) {
            // Without Python there are no runs, which their launch and checks say.
            LOG.debugf(e, "It cannot be found out whether managed runs can be confined");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private JsonNode probe(Path dataDirectory) throws IOException, InterruptedException {
        Path script =
                new LauncherScripts(dataDirectory.resolve("runs")).launcher().resolveSibling("confinement.py");
        ProcessBuilder builder = new ProcessBuilder(
                        HostPython.path(), "-I", "-S", script.toString(), "--probe", dataDirectory.toString())
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().keySet().retainAll(List.of("PATH", "HOME", "PYENV_ROOT"));
        Process process = builder.start();
        try {
            if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("The look takes too long");
            }
            return json.readTree(process.getInputStream());
        } finally {
            process.destroyForcibly();
        }
    }
}
