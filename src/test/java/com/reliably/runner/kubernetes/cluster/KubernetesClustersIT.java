package com.reliably.runner.kubernetes.cluster;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.reliably.deployment.KubernetesJobDefinition;
import com.reliably.outbound.TestOutbound;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.CredentialsExpired;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.CredentialsRefused;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.Forbidden;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.Unreachable;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.Untrusted;
import com.reliably.testing.KubernetesPolicy;
import com.reliably.testing.RealCluster;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.authentication.SelfSubjectReview;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Clients of a real cluster, with every kind of credentials that it takes. */
@EnabledIfEnvironmentVariable(
        named = RealCluster.VARIABLE,
        matches = ".+",
        disabledReason = "names the kubeconfig of a disposable cluster")
@ResourceLock(RealCluster.VARIABLE)
class KubernetesClustersIT {

    private static final UUID ORG = UUID.fromString("6a4a6c1e-7d3c-4f0e-9b3e-0d6b8f2a1c11");
    private static final Duration SOON = Duration.ofSeconds(60);

    private final RealCluster cluster = RealCluster.withNamespace("clusters", Map.of());
    private TestClusters test = TestClusters.usual();

    @TempDir
    Path directory;

    @BeforeEach
    void makeAServiceAccount() {
        cluster.apply("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot}\n");
    }

    @AfterEach
    void close() {
        test.close();
        cluster.close();
    }

    private String whoAmI(KubernetesJobDefinition definition) {
        return test.clusters()
                .call(ORG, definition, KubernetesClustersIT::whoAmI)
                .await()
                .atMost(SOON);
    }

    private static String whoAmI(KubernetesClient client) {
        return client.resource(new SelfSubjectReview())
                .create()
                .getStatus()
                .getUserInfo()
                .getUsername();
    }

    private String robot() {
        return "system:serviceaccount:" + cluster.namespace() + ":robot";
    }

    @Test
    void theAdministratorsCredentialsAreTaken() {
        assertThat(whoAmI(cluster.definition(cluster.kubeconfig())), not(containsString("anonymous")));
    }

    @Test
    void aClusterOnThisMachineIsWatchedWhileThereIsOneOrganization() {
        test.close();
        TestOutbound outbound = TestOutbound.usual();
        test = TestClusters.nearby(outbound);
        KubernetesJobDefinition definition = cluster.definition(cluster.kubeconfig());
        try (ClusterLease lease = test.clusters().lease(ORG, definition).await().atMost(SOON)) {
            SharedIndexInformer<ServiceAccount> accounts = lease.client()
                    .serviceAccounts()
                    .inNamespace(cluster.namespace())
                    .inform();
            cluster.apply("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: later}\n");
            Awaitility.await().until(() -> accounts.getIndexer().list().stream()
                    .anyMatch(account -> "later".equals(account.getMetadata().getName())));
            accounts.stop();
        }
        outbound.withOrganizations(2);
        assertThrows(ClusterFailure.class, () -> whoAmI(definition));
    }

    @Test
    void aTokenSaysWhoAsks() {
        String token = cluster.tokenOf("robot");
        assertEquals(robot(), whoAmI(cluster.definition(cluster.kubeconfigOf("{token: '" + token + "'}"))));
    }

    @Test
    void anIdTokenIsSentAsItIs() {
        String token = cluster.tokenOf("robot");
        String user =
                "{auth-provider: {name: oidc, config: {client-id: kubectl, idp-issuer-url: 'https://id.example.com',"
                        + " id-token: '" + token + "'}}}";
        assertEquals(robot(), whoAmI(cluster.definition(cluster.kubeconfigOf(user))));
    }

    @Test
    void impersonationIsKept() {
        String acting = cluster.kubeconfig().replaceFirst("\\{token: ", "{as: jane, as-groups: [testers], token: ");
        assertEquals("jane", whoAmI(cluster.definition(acting)));
    }

    @Test
    void theServersOwnServiceAccountIsUsedWhereADeploymentSaysSo() throws Exception {
        Files.writeString(directory.resolve("token"), cluster.tokenOf("robot"));
        Files.write(directory.resolve("ca.crt"), Base64.getDecoder().decode(cluster.authority()));
        test.close();
        test = TestClusters.with(
                KubernetesPolicy.usual(), directory, cluster.server().replace("https://", ""));
        assertEquals(
                robot(), whoAmI(new KubernetesJobDefinition(true, "image", cluster.namespace(), null, null, true)));
    }

    @Test
    void oneClusterWithTheSameCredentialsHasOneClient() {
        String token = cluster.kubeconfigOf("{token: '" + cluster.tokenOf("robot") + "'}");
        KubernetesClient first = clientFor(cluster.definition(token));
        assertSame(first, clientFor(cluster.definition(token, "another/image")));
        assertNotSame(first, clientFor(cluster.definition(cluster.kubeconfig())));
    }

    private KubernetesClient clientFor(KubernetesJobDefinition definition) {
        return test.clusters().clientFor(ORG, definition).await().atMost(SOON);
    }

    @Test
    void aWrongTokenIsTheCredentialsFaultAndNotTheNetworks() {
        KubernetesJobDefinition wrong = cluster.definition(cluster.kubeconfigOf("{token: wr0ng}"));
        Throwable failure = assertThrows(CredentialsRefused.class, () -> whoAmI(wrong));
        assertThat(failure.getMessage(), containsString("Put new ones into the deployment"));
        assertThat(failure.getMessage(), not(containsString("wr0ng")));
    }

    @Test
    void anExpiredTokenIsSaidToHaveExpired() {
        // Signed by nobody, so the cluster refuses it; it says itself that it ended long ago.
        String claims = Base64.getUrlEncoder().withoutPadding().encodeToString("{\"exp\":1700000000}".getBytes());
        KubernetesJobDefinition expired =
                cluster.definition(cluster.kubeconfigOf("{token: 'eyJhbGciOiJSUzI1NiJ9." + claims + ".c2ln'}"));
        Throwable failure = assertThrows(CredentialsExpired.class, () -> whoAmI(expired));
        assertThat(failure.getMessage(), containsString("expired at 2023-11-14T22:13:20Z"));
    }

    @Test
    void whatIsNotAllowedIsSaidInTheClustersWords() {
        KubernetesJobDefinition robot =
                cluster.definition(cluster.kubeconfigOf("{token: '" + cluster.tokenOf("robot") + "'}"));
        Throwable failure = assertThrows(Forbidden.class, () -> test.clusters()
                .call(ORG, robot, client -> client.secrets()
                        .inNamespace(cluster.namespace())
                        .list())
                .await()
                .atMost(SOON));
        assertThat(failure.getMessage(), containsString("cannot list resource \"secrets\""));
    }

    @Test
    void aClusterThatIsDownIsTheNetworksFault() {
        String nobody = RealCluster.kubeconfig(
                "{server: 'https://127.0.0.1:9', certificate-authority-data: " + cluster.authority() + "}",
                "{token: t}");
        Throwable failure = assertThrows(Unreachable.class, () -> whoAmI(cluster.definition(nobody)));
        assertThat(failure.getMessage(), containsString("https://127.0.0.1:9 cannot be reached"));
    }

    @Test
    void aNameThatNobodyKnowsIsTheNetworksFault() {
        String nobody = RealCluster.kubeconfig("{server: 'https://k8s.invalid'}", "{token: t}");
        Throwable failure = assertThrows(Unreachable.class, () -> whoAmI(cluster.definition(nobody)));
        assertThat(failure.getMessage(), containsString("nobody knows its name"));
    }

    @Test
    void aClusterOfAnotherAuthorityIsNotTrusted() {
        // None in the kubeconfig: the usual ones, among which the cluster's is not.
        String stranger = RealCluster.kubeconfig("{server: '" + cluster.server() + "'}", "{token: s3cr3t}");
        assertThat(
                assertThrows(Untrusted.class, () -> whoAmI(cluster.definition(stranger)))
                        .getMessage(),
                containsString("certificate-authority-data"));
    }

    @Test
    void aClientThatNobodyUsesIsClosedAndOneThatIsLeasedIsNot() {
        KubernetesJobDefinition definition = cluster.definition(cluster.kubeconfig());
        ClusterLease lease = test.clusters().lease(ORG, definition).await().atMost(SOON);
        test.pass(Duration.ofHours(1));
        test.clusters().look().await().atMost(SOON);
        assertSame(lease.client(), clientFor(definition));
        lease.close();
        test.pass(Duration.ofMinutes(11));
        test.clusters().look().await().atMost(SOON);
        assertNotSame(lease.client(), clientFor(definition));
        assertThat(lease.client(), instanceOf(KubernetesClient.class));
    }
}
