package com.reliably.runner.kubernetes;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.RealCluster;
import com.reliably.testing.Scenario;
import com.reliably.testing.ServerProcess;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.restassured.path.json.JsonPath;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Checks of deployments, with the rights that people really give, on a real cluster. */
@EnabledIfEnvironmentVariable(
        named = RealCluster.VARIABLE,
        matches = ".+",
        disabledReason = "names the kubeconfig of a disposable cluster")
@ResourceLock(RealCluster.VARIABLE)
class KubernetesChecksIT {

    private static final Path PAGE = Path.of("docs/kubernetes.md");
    private static final Pattern DOCUMENTED = Pattern.compile("(?s)<!-- KubernetesChecksIT.*?```yaml\n(.*?)```");
    private static final String BUSYBOX = "local/busybox:test";

    @TempDir
    static Path temporary;

    private static ServerProcess server;
    private static Scenario scenario;

    private RealCluster cluster;

    @BeforeAll
    static void start() {
        server = TestCluster.server(temporary.resolve("data")).start();
        scenario = new Scenario(server);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @AfterEach
    void leavesNothingBehind() {
        Awaitility.await().atMost(Duration.ofMinutes(3)).until(() -> cluster.admin()
                .batch()
                .v1()
                .jobs()
                .inNamespace(cluster.namespace())
                .list()
                .getItems()
                .isEmpty());
        cluster.close();
    }

    private void join(Map<String, String> labels) {
        cluster = RealCluster.withNamespace("checks", labels);
    }

    /** What the documentation says to apply, in the namespace of this test. */
    private void applyDocumentation() throws IOException {
        Matcher documented = DOCUMENTED.matcher(Files.readString(PAGE));
        assertTrue(documented.find());
        cluster.apply(documented.group(1).replace("namespace: reliably", "namespace: " + cluster.namespace()));
    }

    private Map<String, Object> definition(String serviceAccount) {
        Map<String, Object> definition = new HashMap<>();
        definition.put("type", "k8s_job");
        definition.put("namespace", cluster.namespace());
        definition.put("image", TestCluster.CLI_IMAGE);
        definition.put("credentials", cluster.kubeconfigOf("{token: '" + cluster.tokenOf(serviceAccount) + "'}"));
        return definition;
    }

    /** Each thing that was looked at: how it was found, its message and its remedy. */
    private static Map<String, List<String>> check(Map<String, Object> definition) {
        return check(scenario.deployment(definition));
    }

    private static Map<String, List<String>> check(String deployment) {
        return check(server, deployment);
    }

    private static Map<String, List<String>> check(ServerProcess at, String deployment) {
        JsonPath answer = at.request()
                .post("/deployments/" + deployment + "/check")
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
        Map<String, List<String>> found = new LinkedHashMap<>();
        for (Map<String, String> result : answer.<Map<String, String>>getList("results")) {
            found.put(
                    result.get("name"),
                    List.of(result.get("outcome"), result.get("message"), String.valueOf(result.get("remedy"))));
        }
        return found;
    }

    @Test
    void theDocumentedRoleIsAllThatRunsAndChecksNeed() throws IOException {
        // With the strictest level, which the default Pod meets.
        join(Map.of("pod-security.kubernetes.io/enforce", "restricted"));
        applyDocumentation();
        Map<String, List<String>> found = check(definition("reliably-server"));
        found.forEach((name, result) -> assertEquals("passed", result.get(0), name + ": " + result));
        assertThat(found.get("API server reachable").get(1), startsWith("Kubernetes v1."));
        assertThat(
                found.get("credentials").get(1),
                containsString("system:serviceaccount:" + cluster.namespace() + ":reliably-server"));
        assertThat(found.get("server reachable from a Pod").get(1), containsString("10.244"));
        assertEquals(9, found.size());
    }

    @Test
    void missingRightsComeAsARoleToApply() {
        join(Map.of());
        cluster.apply("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot}\n---\napiVersion: v1\nkind:"
                + " ServiceAccount\nmetadata: {name: reliably-job}\n");
        Map<String, Object> definition = definition("robot");
        Map<String, List<String>> before = check(definition);
        assertEquals("failed", before.get("permissions").get(0));
        assertThat(before.get("permissions").get(1), containsString("create jobs.batch"));
        assertThat(before.get("permissions").get(1), containsString("get pods/log"));
        assertEquals("skipped", before.get("Pod starts").get(0));

        // Not into a namespace of its own choosing: it says which.
        cluster.admin()
                .load(new ByteArrayInputStream(before.get("permissions").get(2).getBytes(StandardCharsets.UTF_8)))
                .create();
        Map<String, List<String>> after = check(definition);
        after.forEach((name, result) -> assertEquals("passed", result.get(0), name + ": " + result));
    }

    @Test
    void whatIsMissingInTheClusterIsNamedWithItsRemedy() {
        join(Map.of());
        Map<String, Object> definition = new HashMap<>(Map.of(
                "type",
                "k8s_job",
                "namespace",
                cluster.namespace(),
                "image",
                TestCluster.CLI_IMAGE,
                "credentials",
                cluster.kubeconfig()));
        String deployment = scenario.deployment(definition);
        Map<String, List<String>> found = check(deployment);
        assertEquals("failed", found.get("service account").get(0));
        assertEquals(
                "kubectl -n " + cluster.namespace() + " create serviceaccount reliably-job",
                found.get("service account").get(2));

        cluster.admin().namespaces().withName(cluster.namespace()).delete();
        Awaitility.await()
                .atMost(Duration.ofMinutes(3))
                .until(() -> cluster.admin()
                                .namespaces()
                                .withName(cluster.namespace())
                                .get()
                        == null);
        found = check(deployment);
        assertEquals("failed", found.get("namespace").get(0));
        assertEquals(
                "kubectl create namespace " + cluster.namespace(),
                found.get("namespace").get(2));
    }

    @Test
    void aServerThatListensOnLoopbackOnlyIsSaidToBeTheReason() throws IOException {
        join(Map.of());
        applyDocumentation();
        try (ServerProcess other = TestCluster.server(temporary.resolve("loopback"))
                .with("QUARKUS_HTTP_HOST", "127.0.0.1")
                .start()) {
            Map<String, List<String>> found =
                    check(other, new Scenario(other).deployment(definition("reliably-server")));
            assertEquals("passed", found.get("Pod starts").get(0), found.toString());
            List<String> callback = found.get("server reachable from a Pod");
            assertEquals("failed", callback.get(0), found.toString());
            assertThat(callback.get(1), containsString("A Pod does not reach this server at http://10.244"));
            assertThat(callback.get(1), containsString("This server listens on 127.0.0.1 only"));
            assertThat(callback.get(1), containsString("QUARKUS_HTTP_HOST"));
        }
    }

    @Test
    void anImageThatCannotBePulledIsFoundOutByAPod() throws IOException {
        join(Map.of());
        applyDocumentation();
        Map<String, Object> definition = definition("reliably-server");
        definition.put("image", "local/there-is-no-such-image:test");
        Map<String, List<String>> found = check(definition);
        assertEquals("failed", found.get("Pod starts").get(0));
        assertThat(found.get("Pod starts").get(1), containsString("local/there-is-no-such-image:test"));
        assertEquals("skipped", found.get("server reachable from a Pod").get(0));
    }

    @Test
    void aManifestThatTheNamespaceDoesNotAdmitIsFoundOut() {
        join(Map.of());
        cluster.apply("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: reliably-job}\n");
        Map<String, Object> definition = new HashMap<>();
        definition.put("type", "k8s_job");
        definition.put("namespace", cluster.namespace());
        definition.put("credentials", cluster.kubeconfig());
        definition.put("use_default_manifest", false);
        definition.put("manifest", """
                apiVersion: v1
                kind: Pod
                spec:
                  hostNetwork: true
                  containers:
                  - {name: client, image: %s}
                """.formatted(BUSYBOX));
        String deployment = scenario.deployment(definition);
        cluster.admin().namespaces().withName(cluster.namespace()).edit(namespace -> new NamespaceBuilder(namespace)
                .editMetadata()
                .addToLabels("pod-security.kubernetes.io/enforce", "baseline")
                .endMetadata()
                .build());
        Map<String, List<String>> found = check(deployment);
        assertEquals("failed", found.get("Pod Security").get(0));
        assertThat(found.get("Pod Security").get(1), containsString("hostNetwork"));
    }

    @Test
    void wrongCredentialsAndAClusterThatIsDownAreToldApart() {
        join(Map.of());
        Map<String, Object> definition = new HashMap<>(
                Map.of("type", "k8s_job", "namespace", cluster.namespace(), "image", TestCluster.CLI_IMAGE));
        definition.put("credentials", cluster.kubeconfigOf("{token: wr0ng}"));
        Map<String, List<String>> refused = check(definition);
        assertEquals("passed", refused.get("API server reachable").get(0));
        assertEquals("failed", refused.get("credentials").get(0));
        assertThat(refused.toString(), not(containsString("wr0ng")));

        definition.put("credentials", RealCluster.kubeconfig("{server: 'https://127.0.0.1:9'}", "{token: wr0ng}"));
        Map<String, List<String>> down = check(definition);
        assertEquals("failed", down.get("API server reachable").get(0));
        assertThat(
                down.get("API server reachable").get(1),
                containsString("This server reaches no API server at https://127.0.0.1:9"));
        // Its own port is not told from one that nobody listens on.
        String own = RealCluster.kubeconfig("{server: 'https://127.0.0.1:" + server.port() + "'}", "{token: wr0ng}");
        definition.put("credentials", own);
        assertEquals(
                down.get("API server reachable").get(1).replace(":9", ":" + server.port()),
                check(definition).get("API server reachable").get(1));
        assertThat(down.get("credentials").get(0), is("skipped"));
    }
}
