package com.reliably.runner.github.workflow;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.reliably.testing.Command;
import com.reliably.testing.PythonEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What {@link WorkflowFileTest} shows of generated workflows, held to actionlint and to GitHub's schema of workflows. */
class WorkflowLintIT {

    private static final Path GOLDEN = Path.of("src/test/resources/github/golden");
    private static final String ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";

    @Test
    void actionlintFindsNothing() throws IOException {
        Path programs = Path.of("target", "github", "bin").toAbsolutePath();
        Path actionlint = programs.resolve("actionlint");
        if (!Files.exists(actionlint)) {
            assumeTrue(installed(programs), "actionlint is made by go, which is not here or reaches nothing");
        }
        Path config =
                Files.writeString(programs.resolve("actionlint.yaml"), "self-hosted-runner:\n  labels: [chaos]\n");
        List<String> line = new ArrayList<>(List.of(
                actionlint.toString(), "-no-color", "-shellcheck=", "-pyflakes=", "-config-file", config.toString()));
        line.addAll(golden());
        Command.of(line).run().succeeded();
    }

    private static boolean installed(Path programs) {
        try {
            return Command.of("go", "install", ACTIONLINT)
                            .with("GOBIN", programs.toString())
                            .within(Duration.ofMinutes(5))
                            .run()
                            .exitCode()
                    == 0;
        } catch (IllegalStateException withoutGo) {
            return false;
        }
    }

    @Test
    void theSchemaOfWorkflowsHolds() throws IOException {
        PythonEnvironment python = PythonEnvironment.of("workflow-schema", "check-jsonschema==0.39.0");
        List<String> arguments = new ArrayList<>(List.of("--builtin-schema", "vendor.github-workflows"));
        arguments.addAll(golden());
        python.command("check-jsonschema", arguments.toArray(String[]::new))
                .run()
                .succeeded();
    }

    private static List<String> golden() throws IOException {
        try (Stream<Path> files = Files.list(GOLDEN)) {
            List<String> paths = files.map(Path::toString).sorted().toList();
            assertTrue(paths.size() > 10, paths.toString());
            return paths;
        }
    }
}
