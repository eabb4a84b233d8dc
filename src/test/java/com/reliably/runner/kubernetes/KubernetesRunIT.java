package com.reliably.runner.kubernetes;

import static com.reliably.testing.Scenario.experiment;
import static com.reliably.testing.Scenario.experimentWithSteadyState;
import static com.reliably.testing.Scenario.process;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.BlockedEventLoops;
import com.reliably.testing.Scenario;
import com.reliably.testing.ServerProcess;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.restassured.path.json.JsonPath;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** The real CLI in Pods of a real cluster, run by a real server. */
@EnabledIfEnvironmentVariable(
        named = TestCluster.KUBECONFIG,
        matches = ".+",
        disabledReason = "needs the kubeconfig of a disposable cluster")
// The client that this test looks at the cluster with reads its answers on event loops of its own.
@Tag(BlockedEventLoops.ON_PURPOSE)
@ResourceLock(TestCluster.KUBECONFIG)
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
        String plan =
                scenario.plan(deployment, experiment(process("say", "echo said; " + TestCluster.UNTIL_LET_GO)), null);
        Job job = cluster.jobOf(plan);
        Pod pod = cluster.podOf(plan);
        cluster.letGoOn(plan);

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

    @Test
    void aDeviatedExperimentIsASuccessfulRunAlsoInAPodOfOnesOwn() {
        String deployment = scenario.deployment(cluster.manifest("""
                apiVersion: v1
                kind: Pod
                metadata:
                  labels: {team: shop}
                spec:
                  nodeSelector: {kubernetes.io/os: linux}
                  volumes:
                    - {name: data, emptyDir: {}}
                  initContainers:
                    - name: prepare
                      image: local/busybox:test
                      command: [sh, -c, "echo from-init > /data/file"]
                      volumeMounts: [{name: data, mountPath: /data}]
                  containers:
                    - name: chaos
                      image: local/reliably-cli:test
                      args: [not, ours]
                      env: [{name: GREETING, value: hello}, {name: RELIABLY_PLAN_ID, value: wrong}]
                      volumeMounts: [{name: data, mountPath: /data}]
                    - name: sidecar
                      image: local/busybox:test
                      command: [sh, -c, "sleep 3600"]
                """));
        String plan = scenario.plan(
                deployment,
                experimentWithSteadyState(
                        "test -f /data/file",
                        process("look", "test $GREETING = hello && grep from-init /data/file"),
                        process("break", "rm /data/file; " + TestCluster.UNTIL_LET_GO)),
                null);
        Pod pod = cluster.podOf(plan);
        cluster.letGoOn(plan);
        JsonPath run = scenario.ended(plan);
        assertEquals("succeeded", run.getString("state"), run.getString("error") + scenario.log(run.getString("id")));
        assertEquals("shop", pod.getMetadata().getLabels().get("team"));
        assertEquals(plan, pod.getMetadata().getLabels().get("reliably.com/plan"));
        assertEquals(
                List.of("chaos", "sidecar"),
                pod.getSpec().getContainers().stream().map(Container::getName).toList());
        assertEquals("prepare", pod.getSpec().getInitContainers().get(0).getName());
        assertEquals("linux", pod.getSpec().getNodeSelector().get("kubernetes.io/os"));
        assertEquals("reliably-job", pod.getSpec().getServiceAccountName());
        assertTrue(pod.getSpec().getContainers().get(1).getArgs().isEmpty(), "only the first container gets arguments");
        cluster.awaitNothingLeft();
    }

    @Test
    void theEnvironmentReachesTheExperimentItsFilesAtTheirPlaces() {
        String environment = scenario.create(
                "/environments",
                Map.of(
                        "name",
                        "e",
                        "envvars",
                        List.of(Map.of("var_name", "PLAIN", "value", "plain-value")),
                        "secrets",
                        List.of(
                                Map.of("key", "k", "var_name", "HIDDEN", "value", "hidden-value"),
                                Map.of("key", "f1", "path", "/etc/both/one", "value", "content-one"),
                                Map.of("key", "f2", "path", "/etc/both/two", "value", "content-two"))));
        String plan = scenario.plan(
                scenario.deployment(cluster.definition()),
                experiment(
                        process(
                                "look",
                                "test $PLAIN$HIDDEN = plain-valuehidden-value"
                                        + " && test $(cat /etc/both/one /etc/both/two) = content-onecontent-two"
                                        + " && ! env | grep -q RELIABLY_SERVICE_TOKEN"),
                        process("wait", TestCluster.UNTIL_LET_GO)),
                environment);
        Job job = cluster.jobOf(plan);
        assertFalse(job.toString().contains("content-one"), "what is secret stands in the Secret only");
        Secret secret = await().until(
                        () -> cluster.admin()
                                .secrets()
                                .inNamespace(cluster.namespace())
                                .withLabel(Marks.PLAN, plan)
                                .list()
                                .getItems(),
                        found -> found.size() == 1)
                .get(0);
        assertEquals(
                job.getMetadata().getUid(),
                secret.getMetadata().getOwnerReferences().get(0).getUid());
        cluster.letGoOn(plan);

        JsonPath run = scenario.ended(plan);
        assertEquals("succeeded", run.getString("state"), run.getString("error") + scenario.log(run.getString("id")));
        JsonPath activity = scenario.execution(plan);
        assertEquals(0, activity.getInt("result.run[0].output.status"), activity.getString("result.run"));
        cluster.awaitNothingLeft();
    }

    @Test
    void aCancelledRunRollsBackAndLeavesNothing() {
        Map<String, Object> experiment = experiment(process("wait", "sleep 120"));
        experiment.put("rollbacks", List.of(process("roll-back", "echo rolled")));
        String plan = scenario.plan(scenario.deployment(cluster.definition()), experiment, null);
        scenario.awaitLog(plan, "Action: wait");

        server.request()
                .post("/runs/" + scenario.latestRun(plan) + "/cancel")
                .then()
                .statusCode(200);
        JsonPath run = scenario.ended(plan);
        assertEquals("cancelled", run.getString("state"), run.getString("error"));
        assertTrue(
                scenario.log(run.getString("id")).contains("Rollback: roll-back"), scenario.log(run.getString("id")));
        cluster.awaitNothingLeft();
    }

    @Test
    void aManifestThatTheApiServerRefusesIsNotStored() {
        Map<String, Object> definition = cluster.manifest("""
                apiVersion: v1
                kind: Pod
                spec:
                  containers:
                    - name: chaos
                      image: local/reliably-cli:test
                      volumeMounts: [{name: nowhere, mountPath: /data}]
                """);
        JsonPath refused = server.request()
                .body(Map.of("name", "d", "definition", definition))
                .post("/deployments")
                .then()
                .statusCode(422)
                .extract()
                .jsonPath();
        assertEquals("manifest", refused.getString("detail[0].loc[3]"), refused.prettify());
        assertTrue(refused.getString("detail[0].msg").contains("volumeMounts[0]"), refused.prettify());

        Map<String, Object> nowhere = cluster.definition();
        nowhere.put("namespace", "no-such-namespace");
        server.request()
                .body(Map.of("name", "d", "definition", nowhere))
                .post("/deployments")
                .then()
                .statusCode(422);
    }
}
