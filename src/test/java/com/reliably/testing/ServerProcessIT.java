package com.reliably.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That the helper does what the tests that stand on it believe. */
class ServerProcessIT {

    @TempDir
    Path directory;

    @Test
    void whatWasAnsweredIsThereAfterAKillAndNothingIsLeftRunning() throws Exception {
        ServerProcess.Setup setup = ServerProcess.on(directory.resolve("data")).arguments("-Xmx256m");
        String id;
        try (ServerProcess server = setup.start()) {
            id = server.request()
                    .body(Map.of("name", "kept", "definition", Map.of("type", "noop")))
                    .post("/deployments")
                    .then()
                    .statusCode(201)
                    .extract()
                    .path("id");
            server.kill();
        }
        assertFalse(databaseRuns());
        try (ServerProcess restarted = setup.start()) {
            restarted.request().get("/deployments/" + id).then().statusCode(200);
            assertEquals(143, restarted.terminate());
        }
        assertFalse(databaseRuns());
    }

    private boolean databaseRuns() throws Exception {
        Path pidFile = directory.resolve("data/postgres-17/postmaster.pid");
        return Files.exists(pidFile)
                && ProcessHandle.of(Long.parseLong(
                                Files.readAllLines(pidFile).get(0).strip()))
                        .isPresent();
    }
}
