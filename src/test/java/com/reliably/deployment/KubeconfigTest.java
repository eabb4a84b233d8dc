package com.reliably.deployment;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.reliably.deployment.ClusterAccess.Eks;
import com.reliably.testing.KubernetesPolicy;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class KubeconfigTest {

    private static final KubernetesPolicy POLICY = KubernetesPolicy.usual();

    private static final String TOKEN = "{token: s3cr3t}";
    private static final String SERVER = "{server: 'https://k8s.example.com:6443', certificate-authority-data: YWJj}";
    private static final String KEYS =
            "env: [{name: AWS_ACCESS_KEY_ID, value: AKIA}, {name: AWS_SECRET_ACCESS_KEY, value: s3cr3t}]";

    private static String config(String cluster, String user) {
        return """
                apiVersion: v1
                kind: Config
                preferences: {}
                clusters:
                - name: c
                  cluster: %s
                users:
                - name: u
                  user: %s
                contexts:
                - name: x
                  context: {cluster: c, user: u, namespace: n}
                current-context: x
                """.formatted(cluster, user);
    }

    static Stream<String> good() {
        return Stream.of(
                config(SERVER, TOKEN),
                config("{server: https://10.0.0.1, insecure-skip-tls-verify: false}", TOKEN),
                config(SERVER, "{client-certificate-data: YWJj, client-key-data: YWJj}"),
                // As kubectl takes them: others that are not used, nothing that is given empty, and no kind.
                config(SERVER, TOKEN)
                        .replace("contexts:", "- {name: v, user: {exec: {command: gke}}}\n- {name: w}\ncontexts:")
                        .replace(
                                "users:",
                                "- {name: d, cluster: {server: 'http://x', certificate-authority: /a}}\nusers:"),
                config(SERVER, TOKEN).replace("apiVersion: v1\nkind: Config\n", ""),
                config(SERVER, TOKEN).replace("kind: Config", "kind: ''").replace("apiVersion: v1", "apiVersion:"),
                config(
                        "{server: https://k8s, certificate-authority: '', insecure-skip-tls-verify: null, proxy-url: ''}",
                        "{token: a, tokenFile: '', exec: null, auth-provider: {}, client-key: null, as-groups: []}"),
                config("{server: https://k8s, tls-server-name: k8s_1.example.com}", TOKEN),
                config("{server: 'https://my_cluster.example.com:6443'}", TOKEN),
                config(
                        SERVER,
                        "{auth-provider: {name: oidc, config: {id-token: a, refresh-token: '', client-secret: null}}}"),
                config(SERVER, "{username: u, password: s3cr3t}"),
                config(
                        SERVER,
                        "{exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws-iam-authenticator,"
                                + " args: [token, -i, shop], " + KEYS + "}}"),
                config(
                        SERVER,
                        "{exec: {command: aws, args: [--region, eu-west-1, eks, get-token, --cluster-name, shop], "
                                + KEYS + "}}"));
    }

    @ParameterizedTest
    @MethodSource("good")
    void credentialsAreTaken(String text) {
        assertEquals(Optional.empty(), Kubeconfig.fault(text, POLICY));
    }

    static Stream<Arguments> bad() {
        return Stream.of(
                Arguments.of("", "empty"),
                Arguments.of("s3cr3t", "not a mapping"),
                Arguments.of("a: [s3cr3t", "not YAML, see line"),
                Arguments.of("s3cr3t: 1\ns3cr3t: 2", "not YAML"),
                Arguments.of("a: &s3cr3t 1\nb: *s3cr3t", "alias"),
                Arguments.of("apiVersion: v1\nkind: Secret\n", "kind: Config"),
                Arguments.of("apiVersion: v1\nkind: Config\n", "current-context"),
                Arguments.of(
                        config(SERVER, TOKEN).replace("current-context: x", "current-context: s3cr3t"),
                        "one of its contexts"),
                Arguments.of(config(SERVER, TOKEN).replace("cluster: c,", "cluster: d,"), "'clusters'"),
                Arguments.of(config(SERVER, TOKEN).replace("user: u,", "user: v,"), "'users'"),
                Arguments.of(config(SERVER, "text"), "'users[0]'"),
                Arguments.of("apiVersion: v1\nkind: Config\nusers: text", "not a list"),
                Arguments.of(
                        "apiVersion: v1\nkind: Config\nusers: [{name: a, user: %1$s}, {name: a, user: %1$s}]"
                                .formatted(TOKEN),
                        "name of another"),
                Arguments.of(config("{server: 'http://k8s'}", TOKEN), "https"),
                Arguments.of(config("{}", TOKEN), "https"),
                Arguments.of(config("{server: 'https://k8s_1:65536'}", TOKEN), "port"),
                Arguments.of(config("{server: 'https://u:s3cr3t@my_cluster'}", TOKEN), "must not have a user"),
                Arguments.of(config("{server: https://k8s, tls-server-name: 'a b'}", TOKEN), "tls-server-name"),
                Arguments.of(
                        config(SERVER, "{tokenFile: /etc/s3cr3t}")
                                .replace("contexts:", "- name: v\n  user: {token: a}\ncontexts:"),
                        "--minify"),
                Arguments.of(config("{server: 'https://u:s3cr3t@k8s'}", TOKEN), "must not have a user"),
                Arguments.of(config("{server: 'https://k 8s'}", TOKEN), "not a URL"),
                Arguments.of(
                        config("{server: https://k8s, insecure-skip-tls-verify: true}", TOKEN),
                        "certificate-authority-data"),
                Arguments.of(
                        config("{server: https://k8s, insecure-skip-tls-verify: 'true'}", TOKEN),
                        "certificate-authority-data"),
                Arguments.of(config("{server: https://k8s, proxy-url: 'http://p'}", TOKEN), "proxy-url"),
                Arguments.of(config("{server: https://k8s, certificate-authority: /etc/ca}", TOKEN), "names a file"),
                Arguments.of(config("{server: https://k8s, certificate-authority-data: '***'}", TOKEN), "base64"),
                Arguments.of(config("{server: https://k8s, Server: https://other}", TOKEN), "does not know"),
                Arguments.of(config("{server: https://k8s, ~: x}", TOKEN), "does not know"),
                Arguments.of(config(SERVER, "{}"), "no credentials"),
                Arguments.of(config(SERVER, "{tokenFile: /etc/s3cr3t}"), "names a file"),
                Arguments.of(config(SERVER, "{token: a, tokenFile: /etc/s3cr3t}"), "names a file"),
                Arguments.of(config(SERVER, "{client-certificate: /a, client-key: /b}"), "names a file"),
                Arguments.of(config(SERVER, "{client-certificate-data: YWJj}"), "need each other"),
                Arguments.of(config(SERVER, "{client-certificate-data: s3cr3t-, client-key-data: YWJj}"), "base64"),
                Arguments.of(config(SERVER, "{auth-provider: {name: gcp}}"), "auth-provider"),
                Arguments.of(config(SERVER, "{tokenfile: /etc/s3cr3t, token: a}"), "does not know"),
                Arguments.of(config(SERVER, "{exec: {command: sh, args: [-c, 'echo s3cr3t']}}"), "No command is run"),
                Arguments.of(
                        config(SERVER, "{exec: {command: aws, args: [s3, ls], " + KEYS + "}}"), "No command is run"),
                Arguments.of(config(SERVER, "{exec: text}"), "mapping"),
                Arguments.of(
                        config(SERVER, "{exec: {command: aws, args: [eks, get-token], " + KEYS + "}}"),
                        "which EKS cluster"),
                Arguments.of(
                        config(
                                SERVER,
                                "{exec: {command: aws, args: [--profile, x, eks, get-token, --cluster-name, a], " + KEYS
                                        + "}}"),
                        "--profile"),
                Arguments.of(
                        config(SERVER, "{exec: {command: aws-iam-authenticator, args: [token, -i, a]}}"),
                        "AWS_ACCESS_KEY_ID"),
                Arguments.of(
                        config(
                                SERVER,
                                "{exec: {command: aws-iam-authenticator, args: [token, -i, a],"
                                        + " env: [{name: AWS_ACCESS_KEY_ID, value: s3cr3t}]}}"),
                        "AWS_SECRET_ACCESS_KEY"));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void badCredentialsAreExplainedWithoutQuotingThem(String text, String words) {
        String fault = Kubeconfig.fault(text, POLICY).orElse("nothing");
        assertThat(fault, containsString(words));
        assertThat(fault, not(containsString("s3cr3t")));
    }

    @Test
    void onlyTheHostsThatTheOperatorAllowsAreTaken() {
        KubernetesPolicy policy = POLICY.withHosts("k8s.example.com", "*.eks.amazonaws.com");
        assertEquals(
                Optional.empty(), Kubeconfig.fault(config("{server: 'https://K8S.example.com:6443'}", TOKEN), policy));
        assertEquals(
                Optional.empty(),
                Kubeconfig.fault(config("{server: https://a.gr7.eu-west-1.eks.amazonaws.com}", TOKEN), policy));
        for (String other : List.of("https://10.0.0.1", "https://xk8s.example.com", "https://eks.amazonaws.com")) {
            assertThat(
                    Kubeconfig.fault(config("{server: '" + other + "'}", TOKEN), policy)
                            .orElse("nothing"),
                    containsString("RELIABLY_KUBERNETES_ALLOWED_HOSTS"));
        }
    }

    @Test
    void theNetworksThatTheOperatorRefusesAreNotReached() {
        KubernetesPolicy policy = POLICY.withRefused("10.0.0.0/9", "2001:db8::/32");
        assertEquals(Optional.empty(), Kubeconfig.fault(config("{server: https://10.128.0.1}", TOKEN), policy));
        for (String refused : List.of("https://10.127.255.255:6443", "https://[2001:db8::1]")) {
            assertThat(
                    Kubeconfig.fault(config("{server: '" + refused + "'}", TOKEN), policy)
                            .orElse("nothing"),
                    containsString("RELIABLY_KUBERNETES_REFUSED_NETWORKS"));
        }
    }

    @Test
    void aNetworkThatIsNoneIsSaidToTheOperator() {
        for (String wrong : List.of("10.0.0.0", "10.0.0.0/33", "example.com/8", "10.0/8")) {
            assertThat(
                    assertThrows(IllegalArgumentException.class, () -> ClusterReach.of(POLICY.withRefused(wrong)))
                            .getMessage(),
                    containsString(wrong));
        }
    }

    static Stream<Arguments> regions() {
        return Stream.of(
                Arguments.of("https://a.gr7.eu-west-1.eks.amazonaws.com", "token, -i, shop", "", "eu-west-1"),
                Arguments.of("https://a.yl4.cn-north-1.eks.amazonaws.com.cn", "token, -i, shop", "", "cn-north-1"),
                Arguments.of("https://10.0.0.1", "token, -i, shop", "", null),
                Arguments.of("https://10.0.0.1", "token, -i, shop", "AWS_DEFAULT_REGION: us-east-2", "us-east-2"),
                Arguments.of(
                        "https://a.gr7.eu-west-1.eks.amazonaws.com",
                        "token, --cluster-id=shop, --region=us-west-1",
                        "AWS_REGION: us-east-2",
                        "us-west-1"));
    }

    @ParameterizedTest
    @MethodSource("regions")
    void theRegionOfAnEksClusterIsFoundAsItsCommandsDo(String server, String arguments, String variable, String region)
            throws RefusedKubeconfig {
        String more = variable.isEmpty() ? "" : ", {name: " + variable.replace(": ", ", value: ") + "}";
        Eks keys = (Eks) Kubeconfig.read(
                        config(
                                "{server: '" + server + "'}",
                                "{exec: {command: aws-iam-authenticator, args: [" + arguments + "], "
                                        + KEYS.replace("s3cr3t}]", "s3cr3t}" + more + "]") + "}}"),
                        POLICY)
                .credentials();
        assertEquals("shop", keys.cluster());
        assertEquals(region, keys.region());
    }

    @Test
    void nothingThatIsLoggedHoldsCredentials() throws RefusedKubeconfig {
        for (String user : List.of(
                TOKEN,
                "{username: s3cr3t, password: s3cr3t}",
                "{client-certificate-data: czNjcjN0, client-key-data: czNjcjN0}",
                "{exec: {command: aws, args: [eks, get-token, --cluster-name, shop], " + KEYS + "}}")) {
            ClusterAccess access = Kubeconfig.read(config(SERVER, user), POLICY);
            assertThat(access + " " + access.credentials() + " " + access.certificate(), not(containsString("s3cr3t")));
        }
    }
}
