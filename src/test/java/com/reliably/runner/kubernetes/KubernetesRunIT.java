package com.reliably.runner.kubernetes;

import static com.reliably.testing.Scenario.experiment;
import static com.reliably.testing.Scenario.process;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.Scenario;
import com.reliably.testing.ServerProcess;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.restassured.path.json.JsonPath;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/** The real CLI in Pods of a real cluster, run by a real server. */
@EnabledIfEnvironmentVariable(
        named = TestCluster.KUBECONFIG,
        matches = ".+",
        disabledReason = "needs the kubeconfig of a disposable cluster")
class KubernetesRunIT {

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
    void aNowPlanRunsTheCliInAPodAsDocumented() {
        String deployment = scenario.deployment(cluster.definition());
        String plan = scenario.plan(deployment, experiment(process("say", "echo said; sleep 1")), null);
        Job job = cluster.jobOf(plan);
        Pod pod = cluster.podOf(plan);

        JsonPath run = scenario.ended(plan);
        assertEquals("succeeded", run.getString("state"), run.getString("error"));
        assertEquals(0, run.getInt("exit_code"));
        assertEquals("completed", scenario.get("/plans/" + plan).getString("status"));
        JsonPath execution = scenario.execution(plan);
        assertEquals("completed", execution.getString("result.status"));
        assertEquals(List.of(execution.getString("id")), run.getList("execution_ids"));
        assertTrue(scenario.log(run.getString("id")).contains("Reliably execution: " + execution.getString("id")));

        String runId = run.getString("id");
        assertEquals(
                "reliably-plan-" + plan + "-" + runId.substring(0, 8),
                job.getMetadata().getName());
        assertEquals(
                "k8s:" + cluster.namespace() + "/" + job.getMetadata().getName(), run.getString("external_reference"));
        for (Map<String, String> labels :
                List.of(job.getMetadata().getLabels(), pod.getMetadata().getLabels())) {
            assertEquals(plan, labels.get("reliably.com/plan"));
            assertEquals(server.orgId(), labels.get("reliably.com/org"));
            assertEquals("reliably", labels.get("app.kubernetes.io/managed-by"));
            assertEquals("experiment", labels.get("app.kubernetes.io/component"));
            assertEquals("plan-" + plan, labels.get("app.kubernetes.io/name"));
            assertEquals(runId, labels.get("reliably.com/run"));
        }
        assertEquals(0, job.getSpec().getBackoffLimit());
        assertEquals(Duration.ofHours(6).toSeconds(), job.getSpec().getActiveDeadlineSeconds());
        assertEquals("reliably-job", pod.getSpec().getServiceAccountName());
        assertEquals("Never", pod.getSpec().getRestartPolicy());
        assertEquals(
                "RuntimeDefault",
                pod.getSpec().getSecurityContext().getSeccompProfile().getType());
        Container client = pod.getSpec().getContainers().get(0);
        assertEquals(1001L, client.getSecurityContext().getRunAsUser());
        assertTrue(client.getSecurityContext().getRunAsNonRoot());
        assertFalse(client.getSecurityContext().getAllowPrivilegeEscalation());
        assertEquals(
                List.of("ALL"), client.getSecurityContext().getCapabilities().getDrop());
        assertEquals("200m", client.getResources().getLimits().get("cpu").toString());
        assertEquals("256Mi", client.getResources().getLimits().get("memory").toString());
        cluster.awaitNothingLeft();
    }
}
