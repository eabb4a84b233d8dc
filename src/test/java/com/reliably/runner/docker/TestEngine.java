package com.reliably.runner.docker;

import com.reliably.testing.Command;
import io.restassured.path.json.JsonPath;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The real engine that tests use, seen with Docker's own command line. */
final class TestEngine {

    /** Names it for tests; without it they are skipped. */
    static final String VARIABLE = "RELIABLY_TEST_DOCKER_HOST";

    /** The real CLI. */
    static final String CLI = "local/reliably-cli:test";
    /** No CLI at all. */
    static final String BUSYBOX = "local/busybox:test";

    private final String host;

    TestEngine(String host) {
        this.host = host;
    }

    static TestEngine shared() {
        return new TestEngine(System.getenv(VARIABLE));
    }

    String host() {
        return host;
    }

    /** Runs {@code docker} with these arguments, which must succeed; returns what it printed. */
    String docker(String... arguments) {
        List<String> line = new ArrayList<>(List.of("docker", "--host", host));
        line.addAll(List.of(arguments));
        Command.Result result = Command.of(line).run();
        if (result.exitCode() != 0) {
            throw new IllegalStateException(String.join(" ", line) + ": " + result.output());
        }
        return result.output().strip();
    }

    /** The ids of all containers with a label, ended ones included. */
    List<String> containersWith(String label, String value) {
        return docker("ps", "--all", "--quiet", "--no-trunc", "--filter", "label=" + label + "=" + value)
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
    }

    List<String> containersOf(String runId) {
        return containersWith("reliably.com/run", runId);
    }

    JsonPath inspect(String container) {
        return new JsonPath(docker("inspect", container)).setRootPath("[0]");
    }

    /** An image whose entrypoint is this instead of the CLI. */
    String imageWithEntrypoint(String json) {
        String image = "local/test-" + UUID.randomUUID() + ":test";
        String container = docker("create", "--network", "none", BUSYBOX, "true");
        docker("commit", "--change", "ENTRYPOINT " + json, container, image);
        docker("rm", container);
        return image;
    }
}
