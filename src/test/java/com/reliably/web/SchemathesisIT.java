package com.reliably.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.reliably.testing.Command;
import com.reliably.testing.PythonEnvironment;
import com.reliably.testing.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Schemathesis sends thousands of requests made from the document, valid and not, and holds the answers against it: no
 * server error, no status, content type or body that is not documented.
 */
@Order(5)
class SchemathesisIT {

    private static final String VERSION = "schemathesis==4.32.5";
    private static final Path WORK = Path.of("target", "schemathesis");
    private static final Duration LONGEST = Duration.ofMinutes(8);

    @TempDir
    Path directory;

    @Test
    void everyAnswerIsAsDocumented() throws IOException {
        PythonEnvironment python = PythonEnvironment.of("schemathesis", VERSION);
        try (ServerProcess server = ServerProcess.on(directory.resolve("data"))
                .arguments("-Xmx256m")
                // It would wait for the end of a stream for as long as heartbeats come.
                .with("RELIABLY_EVENTS_STREAM_LIFETIME", "PT0.05S")
                .start()) {
            Path config = Files.createDirectories(WORK).resolve("schemathesis.toml");
            Files.writeString(config, configuration(new Seeds(server)));
            Command.Result result = python.command(
                            "schemathesis",
                            "--no-color",
                            "--config-file",
                            config.toAbsolutePath().toString(),
                            "run",
                            server.url() + "/q/openapi?format=json",
                            "--header",
                            "Authorization: Bearer " + server.token(),
                            "--checks",
                            "not_a_server_error,status_code_conformance,content_type_conformance,"
                                    + "response_schema_conformance",
                            "--phases",
                            "examples,coverage,fuzzing",
                            "--max-examples",
                            "30",
                            "--continue-on-failure",
                            // The same requests every time: a build must not fail by chance. Another seed is worth a
                            // try
                            // by hand.
                            "--seed",
                            System.getProperty("reliably.test.seed", "20261123"),
                            "--workers",
                            "1",
                            "--request-timeout",
                            "30",
                            "--warnings",
                            "off",
                            "--generation-database",
                            "none")
                    // It keeps a cache where it is started.
                    .in(WORK)
                    .within(LONGEST)
                    .run();
            Files.writeString(WORK.resolve("output.txt"), result.output());
            result.succeeded();
            // Had it revoked its own token on the way, everything after that was a documented 401.
            server.request().get("/tokens").then().statusCode(200);
            assertEquals(
                    0,
                    server.log()
                            .lines()
                            .filter(line -> line.contains("Unexpected failure"))
                            .count());
        }
    }

    /** Things for the operations that would find nothing with ids made up; those that delete have their own. */
    private static final class Seeds {

        private final ServerProcess server;
        private final Map<String, String> kept = new LinkedHashMap<>();
        private final Map<String, String> doomed = new LinkedHashMap<>();

        Seeds(ServerProcess server) {
            this.server = server;
            seed(kept);
            seed(doomed);
            String aRun = server.request()
                    .get("/runs")
                    .then()
                    .statusCode(200)
                    .extract()
                    .path("items[0].id");
            kept.put("run_id", aRun);
        }

        private void seed(Map<String, String> ids) {
            String suffix = Integer.toString(System.identityHashCode(ids));
            ids.put("org_id", server.orgId());
            ids.put("token_id", create("/tokens", Map.of("name", "seed " + suffix)));
            ids.put(
                    "dep_id",
                    create("/deployments", Map.of("name", "seed " + suffix, "definition", Map.of("type", "noop"))));
            ids.put(
                    "env_id",
                    create("/environments", Map.of("name", "seed", "envvars", List.of(), "secrets", List.of())));
            ids.put(
                    "integration_id",
                    create(
                            "/integrations",
                            Map.of(
                                    "name",
                                    "seed " + suffix,
                                    "provider",
                                    "safeguards",
                                    "environment",
                                    Map.of("name", "seed", "envvars", List.of(), "secrets", List.of()))));
            ids.put("exp_id", experiment());
            ids.put("plan_id", plan(experiment()));
            ids.put(
                    "exec_id",
                    create(
                            "/experiments/" + ids.get("exp_id") + "/executions",
                            Map.of("result", Map.of("status", "running"))));
        }

        private String experiment() {
            return create(
                    "/experiments",
                    Map.of("definition", Map.of("title", "seed", "description", "seed", "method", List.of())));
        }

        /** Its run fails at once, because there is no such Python; but it is a run. */
        private String plan(String experiment) {
            String deployment = create(
                    "/deployments",
                    Map.of(
                            "name",
                            "no such Python " + experiment,
                            "definition",
                            Map.of("type", "reliably_cli", "mode", "managed", "py_version", "3.99")));
            return create(
                    "/plans",
                    Map.of(
                            "title", "seed",
                            "deployment", Map.of("deployment_id", deployment),
                            "schedule", Map.of("type", "now"),
                            "experiments", List.of(experiment)));
        }

        private String create(String path, Object body) {
            return server.request()
                    .body(body)
                    .post(path)
                    .then()
                    .statusCode(201)
                    .extract()
                    .path("id");
        }
    }

    private static String configuration(Seeds seeds) {
        StringBuilder toml = new StringBuilder();
        toml.append("[parameters]\norg_id = \"")
                .append(seeds.kept.get("org_id"))
                .append("\"\n\n");
        // Half of the operations see ids that exist; the others go on with those that Schemathesis makes or learns.
        for (String segment : List.of("plans", "executions", "runs", "tokens")) {
            append(toml, segment, "exclude-method = \"DELETE\"", seeds.kept);
            append(toml, segment, "include-method = \"DELETE\"", seeds.doomed);
        }
        // What it makes up names clusters and hosts that are nowhere, and a check looks for those for a minute or two.
        toml.append("[[operations]]\ninclude-path-regex = '/check$'\n[operations.parameters]\ndep_id = \"")
                .append(seeds.kept.get("dep_id"))
                .append("\"\n");
        return toml.toString();
    }

    private static void append(StringBuilder toml, String segment, String method, Map<String, String> ids) {
        toml.append("[[operations]]\ninclude-path-regex = '/")
                .append(segment)
                .append("/\\{'\n")
                .append(method)
                .append("\n[operations.parameters]\n")
                .append(ids.entrySet().stream()
                        .map(id -> id.getKey() + " = \"" + id.getValue() + "\"\n")
                        .collect(Collectors.joining()))
                .append('\n');
    }
}
