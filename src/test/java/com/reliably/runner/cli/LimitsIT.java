package com.reliably.runner.cli;

import static com.reliably.testing.Scenario.experiment;
import static com.reliably.testing.Scenario.process;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.Scenario;
import com.reliably.testing.ServerProcess;
import io.restassured.path.json.JsonPath;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Experiments that use more of the host than a run may, run by a real server, which goes on. */
class LimitsIT {

    @TempDir
    static Path temporary;

    static ServerProcess server;
    static Scenario scenario;

    @BeforeAll
    static void start() {
        server = ServerProcess.on(temporary.resolve("data"))
                .with("RELIABLY_MANAGED_GRACE", "PT5S")
                .with("RELIABLY_MANAGED_MAX_MEMORY", "600M")
                .with("RELIABLY_MANAGED_MAX_DISK", "600M")
                .with("RELIABLY_MANAGED_MAX_PROCESSES", "200")
                // Builds of environments are held to it, too.
                .with("RELIABLY_MANAGED_MAX_CPU_TIME", "PT60S")
                .start();
        scenario = new Scenario(server);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @AfterEach
    void theServerGoesOn() {
        JsonPath run = run("echo hello");
        assertEquals("succeeded", run.getString("state"), run.getString("error"));
    }

    @Test
    void memory() {
        String hoard = "python3 -c \"import time; kept = b'x' * (400 << 20); time.sleep(600)\" & ";
        assertEnded(run(hoard + hoard + "wait"), "RELIABLY_MANAGED_MAX_MEMORY");
    }

    @Test
    void disk() {
        assertEnded(run("cat /dev/zero > file; sleep 600"), "RELIABLY_MANAGED_MAX_DISK");
    }

    @Test
    void processes() {
        assertEnded(run("for i in $(seq 300); do sleep 600 & done; wait"), "RELIABLY_MANAGED_MAX_PROCESSES");
    }

    @Test
    void timeOfAProcessor() {
        assertEnded(run("while :; do :; done"), "RELIABLY_MANAGED_MAX_CPU_TIME");
    }

    private static JsonPath run(String command) {
        String deployment = scenario.deployment(Map.of("type", "reliably_cli", "mode", "managed"));
        return scenario.ended(scenario.plan(deployment, experiment(process("use", command)), null));
    }

    private static void assertEnded(JsonPath run, String setting) {
        assertEquals("failed", run.getString("state"), run.getString("error"));
        assertTrue(run.getString("error").contains(setting), run.getString("error"));
        assertTrue(run.getString("error").contains("was ended"), run.getString("error"));
    }
}
