package com.reliably.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.runner.github.workflow.WorkflowFile;
import com.reliably.runner.github.workflow.WorkflowOrder;
import com.reliably.schedule.Overlap;
import com.reliably.testing.ApiTest;
import com.reliably.testing.OpenApi;
import com.reliably.testing.Tenant;
import com.reliably.testing.Things;
import com.reliably.testing.Wire;
import com.reliably.testing.WorkOfReading;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Texts that are made to be costly, to everything that reads text of users: what it costs the server grows like the length, depth
 * is bounded, and no event loop is blocked (every test looks for that). A further parser is a further line of
 * {@link #parsers}.
 */
@ApiTest
class HostileTextsApiTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final int LONG = 100_000;
    /** Nearly what a request may have; some characters are two in JSON. */
    private static final int LONGEST = 12_000_000;

    private static final String[] YAML = {
        "%s", "a: %s", "a:\n- %s", "a: '%s'", "a: |\n  %s", "a: [%s]", "? %s", "&a %s", "a: !!binary %s"
    };
    private static final String KUBECONFIG = "apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts:\n- name: a\n"
            + "  context: {cluster: a, user: a}\nclusters:\n- name: a\n  cluster:\n    ";
    private static final String POD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    ";
    private static final String WORKFLOW = "on: workflow_dispatch\njobs:\n  a:\n    runs-on: x\n    steps:\n    - ";

    final Wire wire = new Wire();

    Things things;

    /**
     * What reads text, and where it gets it.
     *
     * @param member which the faults of the answer are about; null where that cannot be said
     * @param target method and path below the organization; null where it is called and not asked for
     * @param read   makes the body, or does the reading
     * @param frames the beginnings of such a text, with {@code %s} for what is repeated
     */
    record Parser(
            String name, int longest, String member, String target, Function<String, Object> read, String... frames) {

        @Override
        public String toString() {
            return name;
        }

        Parser upTo(int length) {
            return new Parser(name, length, member, target, read, frames);
        }
    }

    static Stream<Parser> parsers() {
        return Stream.of(
                // HostileTextsTest has more of them.
                kubernetes("credentials", "%s", "a: %s", "a:\n- %s"),
                kubernetes("credentials", KUBECONFIG + "server: 'https://%s'", KUBECONFIG + "server: 'https://a/%s'"),
                kubernetes("credentials", KUBECONFIG + "certificate-authority-data: '%s'", KUBECONFIG + "a: %s"),
                kubernetes("manifest", YAML),
                kubernetes("manifest", POD + "image: '%s'", POD + "env: [%s]", POD + "command: ['%s']"),
                kubernetes("image", "%s", "a:%s", "a@sha256:%s", "a/%s", "%s/a", "a:1/%s"),
                kubernetes("namespace", "%s", "a%s"),
                container("image", "%s", "a:%s", "a@sha256:%s", "a/%s", "%s/a"),
                container("working_dir", "%s", "/%s"),
                container("network_mode", "%s", "a%s"),
                container("user", "%s", "a:%s"),
                deployment(
                        "volumes", text -> container("volumes", Map.of(text, Map.of("bind", "/a"))), "%s", "/tmp/%s"),
                deployment(
                        "volumes", text -> container("volumes", Map.of("/tmp/a", Map.of("bind", text))), "%s", "/%s"),
                deployment("limits", text -> container("limits", Map.of("memory", text)), "%s", "1%s"),
                deployment(
                        "engine", text -> container("engine", Map.of("address", text)), "%s", "tcp://%s", "tcp://a:%s"),
                deployment(
                        "engine", text -> container("engine", Map.of("address", "tcp://a:1", "ca", text)), "%s", PEM),
                deployment("capabilities", text -> container("capabilities", List.of(text)), "%s", "CAP_%s"),
                github("repo", "%s", "https://%s", "https://github.com/%s", "https://github.com/a/%s"),
                github("ref", "%s", "a%s"),
                github("base_dir", "%s", "a%s"),
                github("environment", "%s", "a%s"),
                github("app_private_key", "%s", PEM),
                cli("py_dependencies", "%s", "a%s", "a[%s]", "a==%s", "a @ %s", "a; %s", "a --hash=%s", "# %s")
                        .upTo(65_000),
                cli("py_version", "%s", "3.%s"),
                cli("base_dir", "%s", "/%s"),
                body("experiment", "POST /experiments", "definition", text -> Map.of("definition", text), JSON_TEXTS),
                body("experiment", "POST /experiments/import", "experiment", text -> Map.of("experiment", text), YAML),
                body(
                        "experiment",
                        "POST /experiments/import",
                        "experiment",
                        text -> Map.of("experiment", text),
                        JSON_TEXTS),
                body("journal", "PUT {results}", "result", text -> Map.of("result", text), JSON_TEXTS),
                body("log", "PUT {results}", "log", text -> Map.of("result", "{}", "log", text), "%s"),
                body(
                        "cron",
                        PREVIEW,
                        "pattern",
                        text -> Map.of("pattern", text),
                        "%s",
                        "%s * * * *",
                        "* * * * %s",
                        "@%s"),
                body(
                        "zone",
                        PREVIEW,
                        "timezone",
                        text -> Map.of("pattern", "@daily", "timezone", text),
                        "%s",
                        "Europe/%s"),
                body("variable", ENVIRONMENT, "var_name", text -> variable(text, "a"), "%s", "A%s"),
                body("variable", ENVIRONMENT, "value", text -> variable("A", text), "%s"),
                body("path", ENVIRONMENT, "path", text -> secret("a", text), "%s", "/a/%s"),
                body("secret", ENVIRONMENT, "value", text -> secret(text, null), "%s", PEM),
                body("name", "POST /tokens", "name", text -> Map.of("name", text), "%s"),
                body("id", "POST /tokens", "plan_id", text -> Map.of("name", "a", "plan_id", text), "%s"),
                body(
                        "time",
                        "POST /tokens",
                        "expires_at",
                        text -> Map.of("name", "a", "expires_at", text),
                        "%s",
                        "2030-%s"),
                raw("PUT {results}", "%s", "{\"a\": %s", "{\"result\": %s", "{\"result\": {\"a\": %s"),
                raw("POST /experiments", "%s", "{\"definition\": %s", "{\"definition\": {\"a\": %s"),
                raw(
                        "POST /deployments",
                        "%s",
                        "{\"definition\": %s",
                        "{\"definition\": {\"type\": \"container\", \"a\": %s"),
                reader("workflow", HostileTextsApiTest::editWorkflow, YAML),
                reader("workflow", HostileTextsApiTest::editWorkflow, WORKFLOW + "%s", WORKFLOW + "with: {%s"));
    }

    private static final String PEM = "-----BEGIN CERTIFICATE-----\n%s";
    private static final String PREVIEW = "POST /plans/schedule/preview";
    private static final String ENVIRONMENT = "POST /environments";
    private static final String[] JSON_TEXTS = {
        "%s", "{\"a\": %s", "{\"a\": \"%s\"}", "{\"run\": [%s", "{\"method\": [%s]}", "{\"%s\": 1}", "{\"a\": [1%s]}"
    };

    @BeforeEach
    void newThings() {
        things = new Things(wire, OpenApi.served(wire), Tenant.create());
        things.id("exec_id");
    }

    @ParameterizedTest
    @MethodSource("parsers")
    void whatTheyCostGrowsLikeTheirLength(Parser parser) {
        List<String> frames = List.of(parser.frames());
        assertEquals(
                List.of(),
                parser.target() == null
                        ? WorkOfReading.faults(parser.longest(), frames, parser.read()::apply)
                        : WorkOfReading.faultsOfServer(parser.longest(), frames, text -> send(parser, text)));
    }

    @ParameterizedTest
    @MethodSource("parsers")
    void soDoesThatOfTheLongestThatARequestHas(Parser parser) {
        List<String> frames = List.of(parser.frames()[0]);
        assertEquals(
                List.of(),
                parser.target() == null
                        ? WorkOfReading.faults(LONGEST, frames, parser.read()::apply)
                        : WorkOfReading.faultsOfServerWithLongTexts(LONGEST, frames, text -> send(parser, text)));
    }

    /** An answer about another member would mean that this one was never read. */
    private void send(Parser parser, String text) {
        String[] target = parser.target().split(" ");
        String path = "/api/v1/organization/" + things.tenant().id()
                + target[1].replace(
                        "{results}",
                        "/experiments/" + things.id("exp_id") + "/executions/" + things.id("exec_id") + "/results");
        Object body = parser.read().apply(text);
        Wire.Answer answer =
                wire.json(target[0], path, things.tenant().token(), body instanceof String raw ? raw : json(body));
        boolean understood = answer.status() < 500;
        for (JsonNode fault : answer.json().path("detail")) {
            understood &=
                    parser.member() == null || fault.path("loc").toString().contains('"' + parser.member() + '"');
        }
        if (!understood) {
            throw new AssertionError(parser + ", " + text.substring(0, Math.min(80, text.length())) + "…: " + answer);
        }
    }

    private static String json(Object body) {
        try {
            return JSON.writeValueAsString(body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Parser body(
            String name, String target, String member, Function<String, Object> body, String... frames) {
        return new Parser(name + " (" + target + " " + member + ")", LONG, member, target, body, frames);
    }

    private static Parser raw(String target, String... frames) {
        return new Parser("body (" + target + ")", LONG, null, target, text -> text, frames);
    }

    private static Parser reader(String name, Function<String, Object> read, String... frames) {
        return new Parser(name, LONG, null, null, read, frames);
    }

    private static Parser deployment(String member, Function<String, Object> definition, String... frames) {
        return body(
                "deployment",
                "POST /deployments",
                member,
                text -> Map.of("name", "d-" + UUID.randomUUID(), "definition", definition.apply(text)),
                frames);
    }

    private static Parser kubernetes(String member, String... frames) {
        Map<String, Object> usual = Map.of(
                "type",
                "k8s_job",
                "namespace",
                "a",
                "image",
                "a",
                "use_in_cluster_credentials",
                !member.equals("credentials"));
        return deployment(member, text -> with(usual, member, text), frames);
    }

    private static Parser container(String member, String... frames) {
        return deployment(member, text -> container(member, (Object) text), frames);
    }

    private static Map<String, Object> container(String member, Object value) {
        return with(Map.of("type", "container", "image", "a"), member, value);
    }

    private static Parser github(String member, String... frames) {
        Map<String, Object> usual = new HashMap<>(Map.of("type", "github", "repo", "https://github.com/a/b"));
        if (member.equals("app_private_key")) {
            usual.put("app_id", "1");
        }
        return deployment(member, text -> with(usual, member, text), frames);
    }

    private static Parser cli(String member, String... frames) {
        Map<String, Object> usual = Map.of("type", "reliably_cli", "mode", "managed");
        return deployment(member, text -> with(usual, member, text), frames);
    }

    private static Map<String, Object> with(Map<String, Object> usual, String member, Object value) {
        Map<String, Object> changed = new HashMap<>(usual);
        changed.put(member, value);
        return changed;
    }

    private static Object variable(String name, String value) {
        return Map.of("name", "a", "envvars", List.of(Map.of("var_name", name, "value", value)), "secrets", List.of());
    }

    private static Object secret(String value, String path) {
        Map<String, Object> secret = Map.of("key", "a", "value", value);
        return Map.of(
                "name",
                "a",
                "envvars",
                List.of(),
                "secrets",
                List.of(path == null ? with(secret, "var_name", "A") : with(secret, "path", path)));
    }

    private static Object editWorkflow(String template) {
        WorkflowOrder order = new WorkflowOrder(
                UUID.randomUUID(),
                UUID.randomUUID(),
                "s",
                "plans",
                null,
                "a/b@c",
                List.of(),
                Overlap.FORBID,
                null,
                null);
        return WorkflowFile.fromTemplate(template, order);
    }
}
