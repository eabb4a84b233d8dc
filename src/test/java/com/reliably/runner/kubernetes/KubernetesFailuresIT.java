package com.reliably.runner.kubernetes;

import static com.reliably.testing.Scenario.experiment;
import static com.reliably.testing.Scenario.process;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.BlockedEventLoops;
import com.reliably.testing.Scenario;
import com.reliably.testing.ServerProcess;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.restassured.path.json.JsonPath;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Everything that keeps a Pod from beginning, or ends it, brought about for real: said in words, and long before it is given up. */
@EnabledIfEnvironmentVariable(
        named = TestCluster.KUBECONFIG,
        matches = ".+",
        disabledReason = "needs the kubeconfig of a disposable cluster")
// The client that this test looks at the cluster with reads its answers on event loops of its own.
@Tag(BlockedEventLoops.ON_PURPOSE)
@Order(7)
@ResourceLock(TestCluster.KUBECONFIG)
class KubernetesFailuresIT {

    /** On a machine that is not busy it is within fifteen seconds. */
    private static final Duration SAID_WITHIN = Duration.ofSeconds(60);

    @TempDir
    static Path temporary;

    static TestCluster cluster;
    static ServerProcess server;
    static Scenario scenario;

    @BeforeAll
    static void start() {
        cluster = TestCluster.join();
        server = TestCluster.server(temporary.resolve("data"))
                .with("RELIABLY_KUBERNETES_GRACE", "PT2S")
                .start();
        scenario = new Scenario(server);
    }

    @AfterAll
    static void stop() {
        server.close();
        cluster.close();
    }

    @Test
    void anImageThatCannotBePulled() {
        String plan = waits(cluster.definition("no.such.registry.example/cli:1"), "cannot be pulled");
        assertTrue(errorOf(plan).contains("'no.such.registry.example/cli:1'"), errorOf(plan));
        deleted(plan);
    }

    @Test
    void noNodeTakesThePod() {
        deleted(waits(cluster.manifest("""
                        apiVersion: v1
                        kind: Pod
                        spec:
                          nodeSelector: {disk: made-of-gold}
                          containers: [{name: client, image: "local/busybox:test"}]
                        """), "No node takes the Pod"));
    }

    @Test
    void aMissingServiceAccount() {
        String plan = waits(cluster.manifest("""
                        apiVersion: v1
                        kind: Pod
                        spec:
                          serviceAccountName: nobody
                          containers: [{name: client, image: "local/busybox:test", command: [sh, -c, exit 0]}]
                        """), "no service account 'nobody'");
        assertTrue(errorOf(plan).contains("create serviceaccount nobody"), errorOf(plan));
        deleted(plan);
    }

    @Test
    void aQuotaWithoutRoom() {
        try (TestCluster full = TestCluster.join()) {
            full.admin()
                    .resource(new ResourceQuotaBuilder()
                            .withNewMetadata()
                            .withName("none")
                            .withNamespace(full.namespace())
                            .endMetadata()
                            .withNewSpec()
                            .addToHard("pods", new Quantity("0"))
                            .endSpec()
                            .build())
                    .create();
            String plan = waits(full.shell(TestCluster.REPORT), "has no room for the Pod");
            // It begins by itself when there is room.
            full.admin().resourceQuotas().inNamespace(full.namespace()).delete();
            assertEquals("succeeded", scenario.ended(plan).getString("state"));
        }
    }

    @Test
    void aPodThatSecurityDoesNotAdmit() {
        try (TestCluster strict = TestCluster.join()) {
            String deployment = scenario.deployment(strict.shell("exit 0"));
            strict.admin().namespaces().withName(strict.namespace()).edit(namespace -> new NamespaceBuilder(namespace)
                    .editMetadata()
                    .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                    .endMetadata()
                    .build());
            String plan = waits(deployment, "does not admit the Pod");
            server.request().delete("/plans/" + plan).then().statusCode(200);
            strict.awaitNothingLeft();
            // The default Pod is admitted there, and such a manifest is not stored any more.
            String good = plan(scenario.deployment(strict.definition(TestCluster.BUSYBOX)), Map.of());
            await().atMost(SAID_WITHIN)
                    .until(() -> !strict.pods(good).isEmpty()
                            || List.of("failed", "succeeded")
                                    .contains(latest(good).getString("state")));
            server.request()
                    .body(Map.of("name", "refused", "definition", strict.shell("exit 0")))
                    .post("/deployments")
                    .then()
                    .statusCode(422);
        }
    }

    @Test
    void aPodThatDoesNotBeginInTimeIsGivenUp() {
        try (ServerProcess impatient = TestCluster.server(temporary.resolve("impatient"))
                // Time enough for the node to find out.
                .with("RELIABLY_KUBERNETES_BEGINS_WITHIN", "PT30S")
                .start()) {
            Scenario there = new Scenario(impatient);
            String plan = there.plan(
                    there.deployment(cluster.definition("no.such.registry.example/cli:1")),
                    experiment(process("say", "echo")),
                    null);
            JsonPath run = there.ended(plan);
            assertEquals("failed", run.getString("state"));
            assertTrue(run.getString("error").contains("cannot be pulled"), run.getString("error"));
            assertEquals("creation error", there.get("/plans/" + plan).getString("status"));
            await().until(() -> cluster.pods(plan).isEmpty());
        }
    }

    @Test
    void moreMemoryThanItMayHave() {
        ends(cluster.manifest("""
                        apiVersion: v1
                        kind: Pod
                        spec:
                          containers:
                            - name: client
                              image: local/busybox:test
                              command: [sh, -c, "x=$(yes | head -c 200000000); echo $x | wc -c; sleep 60"]
                              resources: {limits: {memory: 24Mi, cpu: "1"}}
                        """), "failed", "needed more memory than it may have (24Mi)");
    }

    @Test
    void aCommandThatIsNotThere() {
        ends(cluster.manifest("""
                        apiVersion: v1
                        kind: Pod
                        spec:
                          containers: [{name: client, image: "local/busybox:test", command: [/no/such/program]}]
                        """), "failed", "could not be begun");
    }

    @Test
    void anInitContainerThatFails() {
        ends(cluster.manifest("""
                        apiVersion: v1
                        kind: Pod
                        spec:
                          initContainers: [{name: prepare, image: "local/busybox:test", command: [sh, -c, exit 7]}]
                          containers: [{name: client, image: "local/busybox:test", command: [sh, -c, exit 0]}]
                        """), "failed", "init container 'prepare' ended with exit code 7");
    }

    @Test
    void aFirstContainerThatEndsWellAndDidNotRunThePlan() {
        ends(cluster.shell("exit 0"), "failed", "no execution was reported");
    }

    @Test
    void aRunThatTakesTooLong() {
        String plan = plan(
                scenario.deployment(cluster.shell("sleep 300")), Map.of("policies", Map.of("timeout_seconds", 30)));
        JsonPath run = scenario.ended(plan);
        assertEquals("failed", run.getString("state"));
        assertTrue(run.getString("error").contains("RELIABLY_KUBERNETES_TIMEOUT"), run.getString("error"));
    }

    @Test
    void aPodThatSomebodyDeletes() {
        String plan = plan(scenario.deployment(cluster.shell("echo there; sleep 300")), Map.of());
        scenario.awaitLog(plan, "there");
        Pod pod = cluster.podOf(plan);
        cluster.admin().resource(pod).delete();
        JsonPath run = scenario.ended(plan);
        assertTrue(List.of("failed", "lost").contains(run.getString("state")), run.getString("state"));
        assertTrue(run.getString("error").contains("deleted in the cluster by somebody else"), run.getString("error"));
    }

    @Test
    void aJobThatSomebodyDeletes() {
        String plan = plan(scenario.deployment(cluster.shell("echo there; sleep 300")), Map.of());
        scenario.awaitLog(plan, "there");
        cluster.admin().resource(cluster.jobOf(plan)).delete();
        JsonPath run = scenario.ended(plan);
        assertTrue(List.of("failed", "lost").contains(run.getString("state")), run.getString("state"));
        assertTrue(run.getString("error").contains("deleted in the cluster by somebody else"), run.getString("error"));
    }

    @Test
    void credentialsThatAreRefusedAndThoseThatMayNot() {
        ends(with("not-a-token"), "failed", "does not take the credentials");
        cluster.serviceAccount("powerless");
        TokenRequest token = cluster.admin()
                .serviceAccounts()
                .inNamespace(cluster.namespace())
                .withName("powerless")
                .tokenRequest(new TokenRequestBuilder()
                        .withNewSpec()
                        .withExpirationSeconds(3600L)
                        .endSpec()
                        .build());
        ends(with(token.getStatus().getToken()), "failed", "may not do what a run needs");
    }

    @Test
    void aNamespaceThatIsGone() {
        TestCluster gone = TestCluster.join();
        String deployment = scenario.deployment(gone.shell("exit 0"));
        gone.close();
        TestCluster.awaitGone(cluster.admin(), gone.namespace());
        String plan = plan(deployment, Map.of());
        JsonPath run = scenario.ended(plan);
        assertTrue(
                run.getString("error").contains("has no namespace '" + gone.namespace() + "'"), run.getString("error"));
    }

    @Test
    void aClusterThatIsNotThere() {
        Map<String, Object> definition = cluster.shell("exit 0");
        definition.put(
                "credentials", cluster.kubeconfig().replaceAll("https://127.0.0.1:[0-9]+", "https://127.0.0.1:1"));
        ends(definition, "failed", "reaches no API server");
    }

    private static Map<String, Object> with(String token) {
        Map<String, Object> definition = cluster.shell("exit 0");
        definition.put("credentials", cluster.kubeconfigWith(token, cluster.apiPort()));
        return definition;
    }

    private static String plan(String deployment, Map<String, Object> more) {
        String experimentId = scenario.create("/experiments", Map.of("definition", experiment(process("say", "echo"))));
        Map<String, Object> plan = new HashMap<>(Map.of(
                "title", "plan",
                "deployment", Map.of("deployment_id", deployment),
                "schedule", Map.of("type", "now"),
                "experiments", List.of(experimentId),
                "integrations", List.of()));
        plan.putAll(more);
        return scenario.create("/plans", plan);
    }

    /** A plan whose Pod does not begin; its error says so soon. */
    private static String waits(Map<String, Object> definition, String words) {
        return waits(scenario.deployment(definition), words);
    }

    private static String waits(String deployment, String words) {
        String plan = plan(deployment, Map.of());
        await("'" + words + "' in the error of the plan").atMost(SAID_WITHIN).until(() -> String.valueOf(errorOf(plan))
                .contains(words));
        assertEquals("launching", latest(plan).getString("state"));
        return plan;
    }

    private static void ends(Map<String, Object> definition, String state, String words) {
        String plan = plan(scenario.deployment(definition), Map.of());
        JsonPath run = scenario.ended(plan);
        assertEquals(state, run.getString("state"), run.getString("error"));
        assertTrue(run.getString("error").contains(words), run.getString("error"));
    }

    private static void deleted(String plan) {
        server.request().delete("/plans/" + plan).then().statusCode(200);
        await().atMost(Duration.ofSeconds(60))
                .until(() -> cluster.pods(plan).isEmpty() && !cluster.hasAnythingOf(plan));
    }

    private static String errorOf(String plan) {
        return scenario.get("/plans/" + plan).getString("error");
    }

    private static JsonPath latest(String plan) {
        return scenario.get("/runs/" + scenario.latestRun(plan));
    }
}
