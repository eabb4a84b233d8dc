package com.reliably.execution;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What clients report has the secrets of their plan masked, wherever they are in it. */
@ApiTest
class SecretsInReportsApiTest {

    private static final String SECRET = "pass\"word/\u00e9-42";
    private static final String NUMBER = "4815162342";
    private static final String LINE = "line-of-a-file";
    private static final String OF_INTEGRATION = "xoxb-of-the-integration";
    private static final String MASK = "**********";
    private static final ObjectMapper JSON = new ObjectMapper();

    private Tenant tenant;
    private String experiment;
    private String plan;
    private String environment;

    @BeforeEach
    void plan() {
        tenant = Tenant.create();
        experiment = tenant.create(
                        "/experiments",
                        Map.of("definition", Map.of("title", "t", "description", "d", "method", List.of())))
                .path("id");
        environment = tenant.create(
                        "/environments",
                        Map.of(
                                "name", "e",
                                "envvars", List.of(Map.of("var_name", "PLAIN", "value", "plain-value")),
                                "secrets",
                                        List.of(
                                                Map.of("key", "a", "var_name", "A", "value", SECRET),
                                                Map.of("key", "b", "var_name", "B", "value", NUMBER),
                                                Map.of(
                                                        "key",
                                                        "c",
                                                        "path",
                                                        "/etc/of/a/secret",
                                                        "value",
                                                        "x\n" + LINE + "\n"),
                                                Map.of("key", "d", "var_name", "D", "value", "/etc/of/a/secret"))))
                .path("id");
        String integration = tenant.create(
                        "/integrations",
                        Map.of(
                                "name",
                                "i-" + UUID.randomUUID(),
                                "provider",
                                "slack",
                                "environment",
                                Map.of(
                                        "name", "i",
                                        "envvars", List.of(),
                                        "secrets",
                                                List.of(Map.of(
                                                        "key", "t",
                                                        "var_name", "SLACK_BOT_TOKEN",
                                                        "value", OF_INTEGRATION)))))
                .path("id");
        plan = tenant.create(
                        "/plans",
                        Map.of(
                                "deployment", Map.of("deployment_id", tenant.deployment(Map.of("type", "noop"))),
                                "schedule", Map.of("type", "now"),
                                "experiments", List.of(experiment),
                                "integrations", List.of(integration),
                                "environment", Map.of("id", environment)))
                .path("id");
    }

    @Test
    void aJournalKeepsItsStructureAndLosesItsSecrets() throws JsonProcessingException {
        String stdout = "A=" + SECRET + " {\"a\": " + JSON.writeValueAsString(SECRET) + "} " + LINE + " plain-value"
                + " /etc/of/a/secret";
        Map<String, Object> journal = Map.of(
                "status",
                "completed",
                "deviated",
                false,
                "experiment",
                Map.of("title", "of " + LINE, "description", OF_INTEGRATION),
                "run",
                List.of(Map.of(
                        "output",
                        Map.of("stdout", stdout, "n", 4815162342L, "m", 42),
                        "name " + NUMBER,
                        List.of(true, base64("x" + SECRET)))));
        String id = report(JSON.writeValueAsString(journal), "first " + SECRET + "\n");
        expectMasked(id);

        tenant.request()
                .body(Map.of("result", JSON.writeValueAsString(journal), "log", "then " + LINE + "\nplain-value\n"))
                .put("/experiments/" + experiment + "/executions/" + id + "/results")
                .then()
                .statusCode(200);
        expectMasked(id);
        tenant.request()
                .get("/experiments/" + experiment + "/executions/" + id + "/log")
                .then()
                .body(is("then " + MASK + "\nplain-value\n"));
        tenant.request()
                .get("/executions?plan_id=" + plan)
                .then()
                .body("items[0].result.experiment.title", is("of " + MASK));
    }

    private void expectMasked(String id) throws JsonProcessingException {
        String text = tenant.request()
                .get("/experiments/" + experiment + "/executions/" + id + "/results")
                .then()
                .statusCode(200)
                .extract()
                .asString();
        JsonNode stored = JSON.readTree(text);
        stored = stored.isTextual() ? JSON.readTree(stored.asText()) : stored;
        JsonNode activity = stored.at("/run/0");
        assertEquals(
                "A=" + MASK + " {\"a\": \"" + MASK + "\"} " + MASK + " plain-value /etc/of/a/secret",
                activity.at("/output/stdout").asText());
        assertEquals(MASK, activity.at("/output/n").asText());
        assertEquals(42, activity.at("/output/m").asInt());
        assertEquals(2, activity.path("name " + MASK).size());
        assertEquals(MASK, stored.at("/experiment/description").asText());
        assertEquals("completed", stored.path("status").asText());
        assertFalse(activity.path("name " + MASK)
                .get(1)
                .asText()
                .contains(base64("x" + SECRET).substring(4, 12)));
    }

    @Test
    void anErrorOfAPlanLosesItsSecrets() {
        tenant.request()
                .body(Map.of("status", "error", "error", "refused: " + SECRET))
                .put("/plans/" + plan + "/status")
                .then()
                .statusCode(200);
        tenant.request().get("/plans/" + plan).then().body("error", is("refused: " + MASK));
    }

    @Test
    void aSecretThatWasReplacedIsMaskedOnAndItsSuccessorTooAfterThreeSeconds() throws JsonProcessingException {
        String id = report("{}", "old " + SECRET);
        tenant.request()
                .body(Map.of("key", "a", "var_name", "A", "value", "another-secret"))
                .put("/environments/" + environment + "/set")
                .then()
                .statusCode(200);
        await().until(() -> {
            replaceLog(id, "old " + SECRET + " new another-secret");
            return log(id).equals("old " + MASK + " new " + MASK);
        });
    }

    @Test
    void aPlanWithoutSecretsKeepsEveryCharacter() throws JsonProcessingException {
        String other = tenant.create(
                        "/plans",
                        Map.of(
                                "deployment", Map.of("deployment_id", tenant.deployment(Map.of("type", "noop"))),
                                "schedule", Map.of("type", "now"),
                                "experiments", List.of(experiment)))
                .path("id");
        String id = tenant.create(
                        "/experiments/" + experiment + "/executions",
                        Map.of("result", "{\"a\":  \"" + LINE + "\"}", "log", LINE, "plan_id", other))
                .path("id");
        assertEquals(LINE, log(id));
    }

    private void replaceLog(String id, String log) {
        tenant.request()
                .body(Map.of("result", "{}", "log", log))
                .put("/experiments/" + experiment + "/executions/" + id + "/results")
                .then()
                .statusCode(200);
    }

    private String report(String journal, String log) {
        return tenant.create(
                        "/experiments/" + experiment + "/executions",
                        Map.of("result", journal, "log", log, "plan_id", plan))
                .then()
                .body(not(containsString(LINE)))
                .extract()
                .path("id");
    }

    private String log(String id) {
        return tenant.request()
                .get("/experiments/" + experiment + "/executions/" + id + "/log")
                .then()
                .extract()
                .asString();
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
