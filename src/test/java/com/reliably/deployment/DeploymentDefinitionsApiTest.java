package com.reliably.deployment;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.nullValue;

import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@ApiTest
class DeploymentDefinitionsApiTest {

    private static final String KUBECONFIG = """
            apiVersion: v1
            kind: Config
            clusters: [{name: c, cluster: {server: 'https://k8s.example.com'}}]
            users: [{name: u, user: {token: s3cr3t}}]
            contexts: [{name: x, context: {cluster: c, user: u}}]
            current-context: x
            """;

    Tenant tenant;

    @BeforeEach
    void newTenant() {
        tenant = Tenant.create();
    }

    static Stream<Map<String, Object>> good() {
        return Stream.of(
                Map.of("type", "github", "repo", "github.com/my-org/my-repo", "environment", "production"),
                Map.of("type", "reliably_cli"),
                Map.of(
                        "type",
                        "reliably_cli",
                        "mode",
                        "managed",
                        "base_dir",
                        "/srv/run",
                        "py_version",
                        "3.13",
                        "py_dependencies",
                        "chaostoolkit-wiremock\n"),
                Map.of("type", "container", "image", "img:1"),
                Map.of(
                        "type",
                        "container",
                        "image",
                        "img:1",
                        "volumes",
                        Map.of("/tmp", Map.of("bind", "/data", "mode", "rw"))),
                Map.of("type", "k8s_job", "namespace", "reliably", "image", "img:1", "credentials", KUBECONFIG),
                Map.of(
                        "type",
                        "k8s_job",
                        "namespace",
                        "reliably",
                        "use_default_manifest",
                        false,
                        "manifest",
                        "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: img}]}",
                        "use_in_cluster_credentials",
                        true),
                Map.of("type", "noop"));
    }

    @ParameterizedTest
    @MethodSource("good")
    void aDefinitionIsTaken(Map<String, Object> definition) {
        tenant.request()
                .get("/deployments/" + tenant.deployment(definition))
                .then()
                .statusCode(200)
                .body("definition.type", equalTo(definition.get("type")));
    }

    static Stream<Arguments> bad() {
        Map<String, Object> gitHub = Map.of("type", "github", "repo", "https://github.com/acme/chaos");
        Map<String, Object> cli = Map.of("type", "reliably_cli", "mode", "managed");
        Map<String, Object> container = Map.of("type", "container", "image", "img");
        Map<String, Object> job =
                Map.of("type", "k8s_job", "namespace", "n", "image", "img", "use_in_cluster_credentials", true);
        return Stream.of(
                bad(gitHub, "repo", "my-org/my-repo", "full URL"),
                bad(gitHub, "repo", "https://gitlab.com/a/b", "github.com"),
                bad(gitHub, "repo", null, "required"),
                bad(gitHub, "ref", "a b", "branch"),
                bad(gitHub, "base_dir", "../x", "'..'"),
                bad(gitHub, "token", " ", "empty"),
                bad(gitHub, "environment", "", "1 to 255"),
                bad(gitHub, "environment", "${{ secrets.X }}", "neither"),
                bad(gitHub, "token", "ghp_a\u200bb", "copy it again"),
                bad(gitHub, "base_dir", "a b", "inside the repository"),
                bad(gitHub, "webhook_secret", "short", "16 to 255"),
                bad(cli, "base_dir", "relative", "absolute"),
                bad(cli, "py_version", "latest", "3.12"),
                bad(cli, "py_dependencies", "ok\n-r /etc/passwd", "Line 2"),
                bad(container, "image", "Not An Image", "lower-case"),
                bad(container, "image", null, "required"),
                bad(container, "working_dir", "tmp", "absolute"),
                bad(job, "namespace", "Not_A_Label", "DNS label"),
                bad(job, "namespace", null, "required"),
                bad(job, "image", "UPPER", "lower-case"),
                bad(job, "image", null, "needs an image"),
                bad(job, "manifest", "kind: Secret", "not a Pod"),
                bad(job, "manifest", "a: [", "not YAML"),
                bad(job, "credentials", "a: [", "not YAML"),
                bad(job, "credentials", "apiVersion: v1\nkind: Config\n", "current-context"),
                bad(job, "use_in_cluster_credentials", false, null),
                bad(Map.of("type", "reliably_cloud"), "type", "reliably_cloud", "hosted service"));
    }

    private static Arguments bad(Map<String, Object> good, String member, Object value, String words) {
        Map<String, Object> definition = new HashMap<>(good);
        definition.put(member, value);
        String named = member.equals("use_in_cluster_credentials") ? "credentials" : member;
        return Arguments.of(definition, named, words == null ? "kubeconfig" : words);
    }

    @ParameterizedTest
    @MethodSource("bad")
    void aBadDefinitionIsRefusedNamingTheMember(Map<String, Object> definition, String member, String words) {
        tenant.request()
                .body(Map.of("name", "x", "definition", definition))
                .post("/deployments")
                .then()
                .statusCode(422)
                .body("detail[0].loc", contains("body", "definition", definition.get("type"), member))
                .body("detail[0].msg", containsString(words));
    }

    @Test
    void aBadVolumeIsNamed() {
        Map<String, Object> definition = Map.of(
                "type",
                "container",
                "image",
                "img",
                "volumes",
                Map.of("/etc", Map.of("bind", "/data"), "/tmp/x", Map.of("bind", "data")));
        tenant.request()
                .body(Map.of("name", "x", "definition", definition))
                .post("/deployments")
                .then()
                .statusCode(422)
                .body("detail.loc", hasItem(List.of("body", "definition", "container", "volumes", "/etc")))
                .body("detail.loc", hasItem(List.of("body", "definition", "container", "volumes", "/tmp/x", "bind")));
    }

    @Test
    void aKubeconfigIsNeverEchoed() {
        Map<String, Object> definition = Map.of(
                "type",
                "k8s_job",
                "namespace",
                "n",
                "image",
                "img",
                "credentials",
                KUBECONFIG.replace("https", "http"));
        tenant.request()
                .body(Map.of("name", "x", "definition", definition))
                .post("/deployments")
                .then()
                .statusCode(422)
                .body("detail[0].input", nullValue());
    }

    @ParameterizedTest
    @CsvSource({
        "GitHubDeployment, github",
        "CliDeployment, reliably_cli",
        "ContainerDeployment, container",
        "KubernetesDeployment, k8s_job",
        "NoopDeployment, noop"
    })
    void theServedDocumentStatesTheType(String schema, String type) {
        given().accept("application/json")
                .get("/q/openapi")
                .then()
                .statusCode(200)
                .body("components.schemas." + schema + ".properties.type.enum", contains(type))
                .body("components.schemas." + schema + ".required", hasItem("type"));
    }
}
