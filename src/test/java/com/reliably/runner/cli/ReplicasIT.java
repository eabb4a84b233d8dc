package com.reliably.runner.cli;

import static com.reliably.testing.Scenario.experiment;
import static com.reliably.testing.Scenario.process;
import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.Scenario;
import com.reliably.testing.ServerProcess;
import com.reliably.testing.ServerResources;
import com.reliably.testing.TestPostgres;
import io.restassured.path.json.JsonPath;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two servers on one database, of which one goes while the real CLI is at work. Both are on this host; that a run was on
 * another one is played by moving its directory away.
 */
class ReplicasIT {

    private static final String WAITING = "reliably_runs_waiting_seconds\\{type=\"reliably_cli\"}";

    @TempDir
    static Path temporary;

    static EmbeddedPostgres postgres;
    static ServerProcess.Setup hostSetup;
    static ServerProcess host;
    static ServerProcess other;
    static Scenario onHost;
    static Scenario onOther;

    @BeforeAll
    static void start() throws IOException {
        postgres = TestPostgres.builder().start();
        // It leads no runs of its own, so that it is known who does.
        other = replica("other").with("RELIABLY_MANAGED_AT_ONCE", "0").start();
        hostSetup = replica("host").with("RELIABLY_MANAGED_CALLBACK_URL", other.url());
        host = hostSetup.start();
        onHost = new Scenario(host);
        onOther = new Scenario(other);
    }

    private static ServerProcess.Setup replica(String name) {
        return ServerProcess.on(temporary.resolve(name))
                .with("QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://127.0.0.1:" + postgres.getPort() + "/postgres")
                .with("QUARKUS_DATASOURCE_USERNAME", "postgres")
                .with("RELIABLY_BOOTSTRAP_TOKEN", ServerResources.OPERATOR_TOKEN)
                .with("RELIABLY_ENCRYPTION_KEYS", ServerResources.ENCRYPTION_KEYS)
                .with("RELIABLY_RUNS_LEASE", "PT3S")
                // Together longer than a machine may stand still, so that it is known who has a run.
                .with("RELIABLY_RUNS_TAKE_OVER_AFTER", "PT12S")
                .with("RELIABLY_MANAGED_GRACE", "PT5S")
                .with("RELIABLY_MANAGED_TOKEN_CHECK_EVERY", "PT1S");
    }

    @AfterAll
    static void stop() throws IOException {
        host.close();
        other.close();
        postgres.close();
    }

    @Test
    void aServerThatIsStoppedFindsItsRunsAgain() {
        String mark = mark();
        Path marks = temporary.resolve("marks-" + UUID.randomUUID());
        String plan = plan("echo once >> " + marks, "sleep " + mark);
        awaitProcess(mark);
        host.terminate();
        host = hostSetup.start();
        onHost = new Scenario(host);
        end(mark);
        JsonPath run = onOther.ended(plan);
        assertEquals("succeeded", run.getString("state"), run.getString("error"));
        assertEquals(1, onOther.get("/plans/" + plan + "/runs").getInt("count"));
        assertEquals(List.of("once"), lines(marks));
    }

    @Test
    void anotherServerFollowsWhatItCanSee() {
        String mark = mark();
        String plan = plan("sleep " + mark, "echo said-after-the-server-was-gone");
        awaitProcess(mark);
        host.kill();
        try {
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> onOther.get("/runs/" + onOther.latestRun(plan)).getInt("attempt") >= 2);
            end(mark);
            JsonPath run = onOther.ended(plan);
            assertEquals("succeeded", run.getString("state"), run.getString("error"));
            assertTrue(onOther.log(run.getString("id")).contains("Action: step 1"), "the log goes on");
        } finally {
            host = hostSetup.start();
            onHost = new Scenario(host);
        }
    }

    @Test
    void whatNobodyCanSeeIsLostAndEndsWithItsToken() throws IOException {
        String mark = mark();
        String plan = plan("setsid sh -c 'sleep " + mark + " & exit'; sleep 600");
        awaitProcess(mark);
        String reference = onHost.get("/runs/" + onHost.latestRun(plan)).getString("external_reference");
        Path directory = Path.of(reference.substring("process:".length()));
        // It is to look when the directory is gone already.
        other.freeze();
        host.kill();
        try {
            Files.move(directory, directory.resolveSibling("elsewhere"));
            other.thaw();
            JsonPath run = onOther.ended(plan);
            assertEquals("lost", run.getString("state"));
            assertTrue(run.getString("error").contains("another host"), run.getString("error"));
            await("the run's processes to end")
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> !Scenario.anyProcessWith("sleep " + mark));
        } finally {
            other.thaw();
            host = hostSetup.start();
            onHost = new Scenario(host);
        }
    }

    @Test
    void aServerWithoutRoomBeginsNoRunAnewAndStillCancelsThem() throws SQLException {
        host.freeze();
        try {
            String left = plan(onOther, "true");
            abandonLaunchOf(left);
            String unwanted = plan(onOther, "true");
            abandonLaunchOf(unwanted);
            String unwantedRun = onOther.latestRun(unwanted);
            other.request().post("/runs/" + unwantedRun + "/cancel").then().statusCode(200);
            assertEquals("cancelled", onOther.ended(unwanted).getString("state"));
            JsonPath run = onOther.get("/runs/" + onOther.latestRun(left));
            assertEquals("launching", run.getString("state"), "It has been looked at since, and left alone.");
            assertEquals(1, run.getInt("attempt"));
            await("the launch that nobody has to show as waiting")
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> given().baseUri(other.url())
                            .get("/q/metrics")
                            .asString()
                            .lines()
                            .anyMatch(line -> line.matches(WAITING + " (?!0\\.0$).*")));
            host.thaw();
            run = onOther.ended(left);
            assertEquals("succeeded", run.getString("state"), run.getString("error"));
            assertEquals(2, run.getInt("attempt"));
        } finally {
            host.thaw();
        }
    }

    /** As a server leaves it that goes in the midst of a launch. */
    private static void abandonLaunchOf(String plan) throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                PreparedStatement update =
                        connection.prepareStatement("update run set state = 'launching', owner = 'gone', attempt = 1,"
                                + " lease_until = now() - interval '1 s' where plan_id = ?::uuid")) {
            update.setString(1, plan);
            assertEquals(1, update.executeUpdate());
        }
    }

    private static String plan(String... shell) {
        return plan(onHost, shell);
    }

    @SuppressWarnings("unchecked")
    private static String plan(Scenario at, String... shell) {
        Map<String, Object>[] steps = new Map[shell.length];
        for (int i = 0; i < shell.length; i++) {
            steps[i] = process("step " + i, shell[i]);
        }
        return at.plan(at.deployment(Map.of("type", "reliably_cli", "mode", "managed")), experiment(steps), null);
    }

    private static String mark() {
        return "9" + ThreadLocalRandom.current().nextInt(10_000_000, 100_000_000);
    }

    private static void awaitProcess(String mark) {
        await().atMost(Duration.ofMinutes(3)).until(() -> Scenario.anyProcessWith("sleep " + mark));
    }

    /** Ends the step that sleeps, as if its time were over. */
    private static void end(String mark) {
        // The shell that is to become it may not have, so far.
        await().until(() -> ProcessHandle.allProcesses()
                .filter(p -> p.info().commandLine().orElse("").matches("(.*/)?sleep " + mark))
                .filter(ProcessHandle::destroy)
                .findAny()
                .isPresent());
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
