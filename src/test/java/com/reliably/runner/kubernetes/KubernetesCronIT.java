package com.reliably.runner.kubernetes;

import static com.reliably.testing.Scenario.experiment;
import static com.reliably.testing.Scenario.experimentWithSteadyState;
import static com.reliably.testing.Scenario.process;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.BlockedEventLoops;
import com.reliably.testing.Scenario;
import com.reliably.testing.ServerProcess;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.CronJobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.CronJobSpec;
import io.restassured.path.json.JsonPath;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Cron plans, whose schedule a real cluster keeps. */
@EnabledIfEnvironmentVariable(
        named = TestCluster.KUBECONFIG,
        matches = ".+",
        disabledReason = "needs the kubeconfig of a disposable cluster")
// The client that this test looks at the cluster with reads its answers on event loops of its own.
@Tag(BlockedEventLoops.ON_PURPOSE)
@ResourceLock(TestCluster.KUBECONFIG)
class KubernetesCronIT {

    @TempDir
    static Path temporary;

    static TestCluster cluster;
    static ServerProcess server;
    static Scenario scenario;

    @BeforeAll
    static void start() {
        cluster = TestCluster.join();
        server = TestCluster.server(temporary.resolve("data")).start();
        scenario = new Scenario(server);
    }

    @AfterAll
    static void stop() {
        server.close();
        cluster.close();
    }

    @Test
    void aCronPlanRunsTheCliWhenItsClusterSaysSo() {
        String deployment = scenario.deployment(cluster.definition());
        String good = cron(deployment, experiment(process("say", "echo said")), "* * * * *", "Europe/Paris", Map.of());
        String bad = cron(
                deployment,
                experimentWithSteadyState("test ! -e /tmp/broken", process("break", "touch /tmp/broken")),
                "* * * * *",
                "Etc/UTC",
                Map.of("overlap", "allow", "timeout_seconds", 600, "catch_up_window_seconds", 2));

        CronJobSpec spec = cronJobOf(good).getSpec();
        assertEquals("* * * * *", spec.getSchedule());
        assertEquals("Europe/Paris", spec.getTimeZone());
        assertEquals("Forbid", spec.getConcurrencyPolicy());
        assertEquals(600L, spec.getStartingDeadlineSeconds());
        assertEquals(0, spec.getJobTemplate().getSpec().getBackoffLimit());
        assertEquals("reliably", cronJobOf(good).getMetadata().getLabels().get("app.kubernetes.io/managed-by"));
        CronJobSpec other = cronJobOf(bad).getSpec();
        assertEquals("Allow", other.getConcurrencyPolicy());
        assertEquals(10L, other.getStartingDeadlineSeconds());
        assertEquals(600L, other.getJobTemplate().getSpec().getActiveDeadlineSeconds());

        for (String plan : List.of(good, bad)) {
            JsonPath run = ended(plan);
            assertEquals("succeeded", run.getString("state"), run.getString("error") + logOf(run));
            assertEquals("engine", run.getString("trigger"));
            Instant nominal = Instant.parse(run.getString("nominal_time"));
            assertEquals(0, nominal.atOffset(ZoneOffset.UTC).getSecond());
            assertTrue(run.getString("external_reference").startsWith("k8s:" + cluster.namespace() + "/"));
            assertTrue(logOf(run).contains("Reliably execution"), logOf(run));
            String execution = run.getString("execution_ids[0]");
            assertNotNull(execution, "the execution belongs to the run");
        }
        assertEquals(0, ended(good).getInt("exit_code"));
        assertEquals(1, ended(bad).getInt("exit_code"));

        for (String plan : List.of(good, bad)) {
            server.request().delete("/plans/" + plan).then().statusCode(200);
        }
        await().atMost(Duration.ofMinutes(2)).until(() -> !cluster.hasAnythingOf(good) && !cluster.hasAnythingOf(bad));
    }

    @Test
    void suspendingAndResumingReachesTheCluster() {
        String plan = cron(scenario.deployment(cluster.shell("exit 0")), "0 0 1 1 *");
        assertFalse(cronJobOf(plan).getSpec().getSuspend());
        server.request().post("/plans/" + plan + "/suspend").then().statusCode(200);
        await().until(() -> cronJobOf(plan).getSpec().getSuspend());
        assertEquals("suspended", awaitStatus(plan, "suspended"));
        server.request().post("/plans/" + plan + "/resume").then().statusCode(200);
        await().until(() -> !cronJobOf(plan).getSpec().getSuspend());
        server.request().delete("/plans/" + plan).then().statusCode(200);
        await().until(() -> !cluster.hasAnythingOf(plan));
    }

    @Test
    void whatOthersDoToACronJobIsSaid() {
        String plan = cron(scenario.deployment(cluster.shell("exit 0")), "0 0 1 1 7");
        assertEquals("0 0 1 1 0", cronJobOf(plan).getSpec().getSchedule());
        cluster.admin().resource(cronJobOf(plan)).edit(seen -> new CronJobBuilder(seen)
                .editSpec()
                .withSchedule("1 1 1 1 *")
                .endSpec()
                .build());
        awaitError(plan, "was changed in the cluster by");
        cluster.admin().resource(cronJobOf(plan)).delete();
        awaitError(plan, "was deleted in namespace");
        server.request().delete("/plans/" + plan).then().statusCode(200);
    }

    @Test
    void aPodThatCannotBeginIsSaid() {
        String plan = cron(scenario.deployment(cluster.definition("no.such.registry.example/cli:1")), "* * * * *");
        cronJobOf(plan);
        awaitError(plan, "cannot be pulled");
        server.request().delete("/plans/" + plan).then().statusCode(200);
        await().atMost(Duration.ofMinutes(2)).until(() -> !cluster.hasAnythingOf(plan));
    }

    private static String cron(String deployment, String pattern) {
        return cron(deployment, experiment(process("say", "echo")), pattern, "Etc/UTC", Map.of());
    }

    private static String cron(
            String deployment,
            Map<String, Object> experiment,
            String pattern,
            String timezone,
            Map<String, Object> policies) {
        String experimentId = scenario.create("/experiments", Map.of("definition", experiment));
        Map<String, Object> plan = new HashMap<>();
        plan.put("title", "cron");
        plan.put("deployment", Map.of("deployment_id", deployment));
        plan.put("schedule", Map.of("type", "cron", "pattern", pattern, "timezone", timezone));
        plan.put("experiments", List.of(experimentId));
        plan.put("integrations", List.of());
        plan.put("policies", policies);
        return scenario.create("/plans", plan);
    }

    private static CronJob cronJobOf(String plan) {
        return await("the CronJob of plan " + plan)
                .atMost(Duration.ofSeconds(60))
                .until(
                        () -> cluster.admin()
                                .batch()
                                .v1()
                                .cronjobs()
                                .inNamespace(cluster.namespace())
                                .withName("reliably-plan-" + plan)
                                .get(),
                        found -> found != null);
    }

    /** The first run that its cluster has started, once it is over. */
    private static JsonPath ended(String plan) {
        String id = await("a run of plan " + plan + " that is over")
                .atMost(Duration.ofMinutes(6))
                .pollInterval(Duration.ofMillis(500))
                .until(
                        () -> scenario.get("/plans/" + plan + "/runs").<Map<String, Object>>getList("items").stream()
                                .filter(run -> List.of("succeeded", "failed", "lost", "cancelled")
                                        .contains(run.get("state")))
                                .map(run -> (String) run.get("id"))
                                .reduce((newer, older) -> older)
                                .orElse(null),
                        found -> found != null);
        return scenario.get("/runs/" + id);
    }

    private static String logOf(JsonPath run) {
        return scenario.log(run.getString("id"));
    }

    private static String awaitStatus(String plan, String status) {
        return await().until(() -> scenario.get("/plans/" + plan).getString("status"), status::equals);
    }

    private static void awaitError(String plan, String words) {
        await("'" + words + "' in the error of plan " + plan)
                .atMost(Duration.ofMinutes(4))
                .until(() -> String.valueOf(scenario.get("/plans/" + plan).getString("error"))
                        .contains(words));
    }
}
