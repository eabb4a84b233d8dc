package com.reliably.testing;

import com.reliably.deployment.KubernetesJobDefinition;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A disposable cluster, reached as its administrator, with a namespace of this test's own in it. */
public final class RealCluster implements AutoCloseable {

    /** Names the kubeconfig of a disposable cluster's administrator. */
    public static final String VARIABLE = "RELIABLY_TEST_KUBECONFIG";

    private static final long TOKEN_SECONDS = 600;

    private final String kubeconfig;
    private final KubernetesClient admin;
    private final String namespace;

    private RealCluster(String kubeconfig, String namespace, Map<String, String> labels) {
        this.kubeconfig = kubeconfig;
        this.admin = new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(kubeconfig))
                .build();
        this.namespace = namespace;
        admin.namespaces()
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(namespace)
                        .withLabels(labels)
                        .endMetadata()
                        .build())
                .create();
    }

    /** The cluster, with a new namespace that begins with this name. */
    public static RealCluster withNamespace(String name, Map<String, String> labels) {
        try {
            String kubeconfig = Files.readString(Path.of(System.getenv(VARIABLE)));
            return new RealCluster(kubeconfig, name + "-" + Long.toString(System.nanoTime(), 36), labels);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public KubernetesClient admin() {
        return admin;
    }

    public String namespace() {
        return namespace;
    }

    /** The administrator's kubeconfig. */
    public String kubeconfig() {
        return kubeconfig;
    }

    /** Where its API server is, as in {@code https://127.0.0.1:26443}. */
    public String server() {
        return admin.getConfiguration().getMasterUrl().replaceAll("/+$", "");
    }

    /** Its authority, in base64. */
    public String authority() {
        return admin.getConfiguration().getCaCertData();
    }

    /** Makes the service account, and a token of it for ten minutes. */
    public String tokenOf(String serviceAccount) {
        return admin.serviceAccounts()
                .inNamespace(namespace)
                .withName(serviceAccount)
                .tokenRequest(new TokenRequestBuilder()
                        .withNewSpec()
                        .withExpirationSeconds(TOKEN_SECONDS)
                        .endSpec()
                        .build())
                .getStatus()
                .getToken();
    }

    /** Creates what a manifest says, in this namespace. */
    public void apply(String yaml) {
        admin.load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
                .inNamespace(namespace)
                .create();
    }

    /** A kubeconfig for this cluster with that user, as YAML in flow style. */
    public String kubeconfigOf(String user) {
        return kubeconfig("{server: '%s', certificate-authority-data: %s}".formatted(server(), authority()), user);
    }

    /** A kubeconfig of one cluster and one user, each as YAML in flow style. */
    public static String kubeconfig(String cluster, String user) {
        return """
                apiVersion: v1
                kind: Config
                clusters:
                - name: c
                  cluster: %s
                users:
                - name: u
                  user: %s
                contexts:
                - name: x
                  context: {cluster: c, user: u}
                current-context: x
                """.formatted(cluster, user);
    }

    /** A deployment in this namespace. */
    public KubernetesJobDefinition definition(String credentials) {
        return definition(credentials, "local/reliably-cli:test");
    }

    public KubernetesJobDefinition definition(String credentials, String image) {
        return new KubernetesJobDefinition(true, image, namespace, null, credentials, false);
    }

    @Override
    public void close() {
        admin.namespaces().withName(namespace).delete();
        admin.close();
    }
}
