package com.reliably.runner.kubernetes;

import static org.awaitility.Awaitility.await;

import com.reliably.testing.ServerProcess;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A namespace of its own in the real cluster that the tests are given, seen with its administrator's eyes. */
final class TestCluster implements AutoCloseable {

    /** The kubeconfig of a cluster that tests may do anything to. */
    static final String KUBECONFIG = "RELIABLY_TEST_KUBECONFIG";

    static final String CLI_IMAGE = "local/reliably-cli:test";
    static final String BUSYBOX = "local/busybox:test";

    /** How Pods of that cluster reach this machine. */
    private static final String HOST =
            System.getenv().getOrDefault("RELIABLY_TEST_KUBERNETES_HOST_ADDRESS", "10.244.7.1");

    /**
     * A line of shell that reports an execution, as the client of a run that is to succeed must; again and again until the
     * server takes it.
     */
    static final String REPORT = String.join(
            " ",
            "token=$(sed -n \"s/^token = .\\(.*\\).$/\\1/p\" $RELIABLY_CLI_CONFIG);",
            "api=$RELIABLY_SERVICE_HOST/api/v1/organization/$RELIABLY_ORGANIZATION_ID;",
            "ask() { wget -q -O - --header \"Authorization: Bearer $token\" \"$@\" 2> /dev/null; };",
            "until id=$(ask $api/plans/$RELIABLY_PLAN_ID | sed -n \"s/.*.experiments.:\\[.\\([0-9a-f-]*\\).*/\\1/p\")",
            "&& [ -n \"$id\" ]",
            "&& ask --header \"Content-Type: application/json\"",
            "--post-data \"{\\\"result\\\":\\\"{}\\\",\\\"plan_id\\\":\\\"$RELIABLY_PLAN_ID\\\"}\"",
            "$api/experiments/$id/executions > /dev/null;",
            "do sleep 0.2; done");

    private static final Duration LONGEST = Duration.ofMinutes(4);

    private final String kubeconfig;
    private final KubernetesClient admin;
    private final String namespace = "reliably-" + UUID.randomUUID().toString().substring(0, 8);

    /** Bindings, which are not of the namespace. */
    private final List<String> mighty = new ArrayList<>();

    private TestCluster(String kubeconfig) {
        this.kubeconfig = kubeconfig;
        this.admin = new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(kubeconfig))
                .build();
        admin.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(namespace)
                        .endMetadata()
                        .build())
                .create();
        serviceAccount("reliably-job");
    }

    static TestCluster join() {
        try {
            return new TestCluster(Files.readString(Path.of(System.getenv(KUBECONFIG))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A server which Pods can reach. */
    static ServerProcess.Setup server(Path data) {
        ServerProcess.Setup setup = ServerProcess.on(data).with("QUARKUS_HTTP_HOST", "0.0.0.0");
        return setup.with("RELIABLY_KUBERNETES_CALLBACK_URL", "http://" + HOST + ":" + setup.port());
    }

    KubernetesClient admin() {
        return admin;
    }

    String namespace() {
        return namespace;
    }

    String kubeconfig() {
        return kubeconfig;
    }

    void serviceAccount(String name) {
        admin.resource(new ServiceAccountBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(namespace)
                        .endMetadata()
                        .withAutomountServiceAccountToken(false)
                        .build())
                .create();
    }

    /** A deployment with the default Pod. */
    Map<String, Object> definition() {
        return definition(CLI_IMAGE);
    }

    Map<String, Object> definition(String image) {
        Map<String, Object> definition = new HashMap<>();
        definition.put("type", "k8s_job");
        definition.put("image", image);
        definition.put("namespace", namespace);
        definition.put("credentials", kubeconfig);
        return definition;
    }

    /** A deployment with a Pod of one's own. */
    Map<String, Object> manifest(String yaml) {
        Map<String, Object> definition = new HashMap<>();
        definition.put("type", "k8s_job");
        definition.put("use_default_manifest", false);
        definition.put("manifest", yaml);
        definition.put("namespace", namespace);
        definition.put("credentials", kubeconfig);
        return definition;
    }

    /**
     * A deployment whose Pods do nothing that takes the CLI, and quickly: a line of shell.
     *
     * @param shell without {@code '}
     */
    Map<String, Object> shell(String shell) {
        return manifest("""
                apiVersion: v1
                kind: Pod
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                    - name: client
                      image: %s
                      command: ["sh", "-c", '%s']
                """.formatted(BUSYBOX, shell));
    }

    Job jobOf(String planId) {
        return await("the Job of plan " + planId)
                .atMost(LONGEST)
                .until(
                        () -> admin.batch()
                                .v1()
                                .jobs()
                                .inNamespace(namespace)
                                .withLabel(Marks.PLAN, planId)
                                .list()
                                .getItems(),
                        jobs -> jobs.size() == 1)
                .get(0);
    }

    Pod podOf(String planId) {
        return await("the Pod of plan " + planId)
                .atMost(LONGEST)
                .until(() -> pods(planId), pods -> pods.size() == 1)
                .get(0);
    }

    /** A line of shell that goes on when the test lets it, by {@link #letGoOn}; till then there is something to look at. */
    static final String UNTIL_LET_GO = "while [ ! -e /tmp/let-go ]; do sleep 0.2; done";

    /** Makes the file that {@link #UNTIL_LET_GO} waits for, in the first container of the Pod. */
    void letGoOn(String planId) {
        Pod pod = podOf(planId);
        String container = pod.getSpec().getContainers().get(0).getName();
        // Until the container is there.
        await("the Pod of plan " + planId + " to take a command")
                .atMost(LONGEST)
                .ignoreExceptions()
                .until(() -> {
                    try (ExecWatch touch = admin.pods()
                            .inNamespace(namespace)
                            .withName(pod.getMetadata().getName())
                            .inContainer(container)
                            .redirectingOutput()
                            .exec("touch", "/tmp/let-go")) {
                        return touch.exitCode().get(LONGEST.toSeconds(), TimeUnit.SECONDS) == 0;
                    }
                });
    }

    List<Pod> pods(String planId) {
        return admin.pods()
                .inNamespace(namespace)
                .withLabel(Marks.PLAN, planId)
                .list()
                .getItems();
    }

    /** Waits until the cluster has nothing any more of what the server makes. */
    void awaitNothingLeft() {
        await("nothing of the server's in namespace " + namespace)
                .atMost(LONGEST)
                .until(this::left, List::isEmpty);
    }

    /** Whether the cluster has anything of what the server makes for a plan. */
    boolean hasAnythingOf(String planId) {
        return left().stream().anyMatch(name -> name.contains(planId));
    }

    static void awaitGone(KubernetesClient admin, String namespace) {
        await("the end of namespace " + namespace)
                .atMost(LONGEST)
                .until(() -> admin.namespaces().withName(namespace).get() == null);
    }

    /** The port of the API server. */
    int apiPort() {
        return admin.getMasterUrl().getPort();
    }

    /** A kubeconfig for the same cluster with a token, by way of another port. */
    String kubeconfigWith(String token, int port) {
        String authority = admin.getConfiguration().getCaCertData();
        return """
                apiVersion: v1
                kind: Config
                current-context: test
                contexts: [{name: test, context: {cluster: test, user: test}}]
                clusters: [{name: test, cluster: {server: "https://127.0.0.1:%d", certificate-authority-data: %s}}]
                users: [{name: test, user: {token: "%s"}}]
                """.formatted(port, authority, token);
    }

    /** Whether the cluster does not take a token, not even for what everybody may see. */
    boolean refuses(String token) {
        try (KubernetesClient client = new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(kubeconfigWith(token, apiPort())))
                .build()) {
            client.getKubernetesVersion();
            return false;
        } catch (KubernetesClientException e) {
            return e.getCode() == 401;
        }
    }

    /** The token of a new service account that may do anything. */
    String mightyToken(String account) {
        serviceAccount(account);
        mighty.add(namespace + "-" + account);
        admin.resource(new ClusterRoleBindingBuilder()
                        .withNewMetadata()
                        .withName(namespace + "-" + account)
                        .endMetadata()
                        .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", "cluster-admin")
                        .addNewSubject("", "ServiceAccount", account, namespace)
                        .build())
                .create();
        return admin.serviceAccounts()
                .inNamespace(namespace)
                .withName(account)
                .tokenRequest(new TokenRequestBuilder()
                        .withNewSpec()
                        .withExpirationSeconds(3600L)
                        .endSpec()
                        .build())
                .getStatus()
                .getToken();
    }

    List<String> left() {
        List<String> names = new ArrayList<>();
        Stream.of(
                        admin.batch().v1().cronjobs().inNamespace(namespace),
                        admin.batch().v1().jobs().inNamespace(namespace),
                        admin.pods().inNamespace(namespace),
                        admin.secrets().inNamespace(namespace))
                .forEach(kind -> names.addAll(kind.withLabel(Marks.MANAGED_BY, Marks.US).list().getItems().stream()
                        .map(item -> item.getKind() + "/" + item.getMetadata().getName())
                        .collect(Collectors.toList())));
        return names;
    }

    @Override
    public void close() {
        mighty.forEach(name -> admin.rbac().clusterRoleBindings().withName(name).delete());
        admin.namespaces().withName(namespace).delete();
        admin.close();
    }
}
