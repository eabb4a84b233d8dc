package com.reliably.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.reliably.testing.OpenApi.Operation;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * One thing of each kind in one organisation, made when first asked for, and requests about them. A kind is named by the
 * path parameter that its id is; a kind or a body that is not known here fails the walk that needs it.
 */
public final class Things {

    private static final String ROOT = "/api/v1/organization";

    private final Wire wire;
    private final OpenApi api;
    private final Tenant tenant;
    private final Map<String, String> ids = new HashMap<>();

    public Things(Wire wire, OpenApi api, Tenant tenant) {
        this.wire = wire;
        this.api = api;
        this.tenant = tenant;
        ids.put("org_id", tenant.id());
    }

    /** The organisation that they belong to. */
    public Tenant tenant() {
        return tenant;
    }

    /** Whether the path parameter names a thing by its id, rather than a part of one. */
    public static boolean isId(String parameter) {
        return parameter.endsWith("_id");
    }

    /** The id of the thing that the path parameter names. */
    public String id(String parameter) {
        String known = ids.get(parameter);
        if (known == null) {
            known = make(parameter);
            ids.put(parameter, known);
        }
        return known;
    }

    private String make(String parameter) {
        return switch (parameter) {
            case "dep_id" -> create("/deployments", """
                    {"name": "%s", "definition": {"type": "noop"}}""".formatted(unique()));
            case "env_id" -> create("/environments", """
                    {"name": "%s", "envvars": [{"var_name": "KEY", "value": "v"}], "secrets": []}""".formatted(unique()));
            case "exp_id" -> create("/experiments", """
                    {"definition": {"title": "%s", "description": "n/a", "method": []}}""".formatted(unique()));
            case "integration_id" -> create("/integrations", """
                    {"name": "%s", "provider": "opentelemetry", "vendor": "grafana", "environment":
                     {"name": "e", "envvars": [], "secrets": []}}""".formatted(unique()));
            case "plan_id" -> create("/plans", plan(unique()));
            case "exec_id" -> create("/experiments/" + id("exp_id") + "/executions", execution());
            case "run_id" -> run();
            case "token_id" -> create("/tokens", """
                    {"name": "%s", "rights": "read"}""".formatted(unique()));
            // In a query it is written out.
            case "experiment_id" -> id("exp_id");
            case "deployment_id" -> id("dep_id");
            // The variable of the environment above.
            case "key" -> "KEY";
            default ->
                throw new AssertionError(
                        "Nothing is known of the path parameter '" + parameter + "': teach Things to make one");
        };
    }

    private String create(String path, String body) {
        Wire.Answer answer = wire.json("POST", ROOT + "/" + tenant.id() + path, tenant.token(), body);
        if (answer.status() != 201) {
            throw new AssertionError("POST " + path + " " + body + ": " + answer);
        }
        return answer.json().path("id").textValue();
    }

    /** A run that fails at once, because its directory does not exist: it needs no engine. */
    private String run() {
        String deployment = create("/deployments", """
                {"name": "%s", "definition": {"type": "reliably_cli", "mode": "managed", "base_dir": "/nowhere/at/all"}}""".formatted(unique()));
        String plan = create("/plans", """
                {"deployment": {"deployment_id": "%s"}, "schedule": {"type": "now"}, "experiments": ["%s"]}""".formatted(deployment, id("exp_id")));
        JsonNode runs = wire.json("GET", ROOT + "/" + tenant.id() + "/plans/" + plan + "/runs", tenant.token(), null)
                .json();
        if (runs.path("items").isEmpty()) {
            throw new AssertionError("A plan that runs at once has no run: " + runs);
        }
        return runs.path("items").path(0).path("id").textValue();
    }

    /** Its runs may overlap: it is asked to run again and again, whether or not the run before is over. */
    private String plan(String title) {
        return """
                {"title": "%s", "deployment": {"deployment_id": "%s"}, "schedule": {"type": "now"},
                 "environment": {"provider": "reliably_cloud", "id": "%s"}, "experiments": ["%s"],
                 "integrations": ["%s"], "policies": {"overlap": "allow"}}""".formatted(title, id("dep_id"), id("env_id"), id("exp_id"), id("integration_id"));
    }

    private String execution() {
        return """
                {"result": "{\\"status\\": \\"running\\"}", "plan_id": "%s"}""".formatted(id("plan_id"));
    }

    /**
     * A body that the operation accepts; null where it takes none. Made of the document's examples, except where it has to
     * name other things.
     *
     * @param whole with all members that are described, which may then contradict each other
     */
    public String body(Operation operation, boolean whole) {
        if (operation.body() == null) {
            return null;
        }
        return switch (operation.id()) {
            case "createPlan", "updatePlan" -> plan(unique());
            case "createExecution", "replaceExecutionResults", "updateExecutionResults" -> execution();
            case "createToken" -> """
                    {"name": "%s", "plan_id": "%s"}""".formatted(unique(), id("plan_id"));
            case "setInEnvironment" -> "{\"var_name\": \"KEY\", \"value\": \"w\"}";
            default -> {
                JsonNode example = api.example(operation.body(), whole);
                if (example.has("name") && example instanceof ObjectNode object) {
                    object.put("name", unique());
                }
                yield example.toString();
            }
        };
    }

    /** Path and query of a request about these things, with some ids replaced. */
    public String target(Operation operation, Map<String, String> others) {
        String path = operation.path();
        for (String parameter : operation.pathParameters()) {
            String value = others.containsKey(parameter) ? others.get(parameter) : id(parameter);
            path = path.replace("{" + parameter + "}", encode(value));
        }
        StringBuilder query = new StringBuilder();
        for (String parameter : requiredQuery(operation)) {
            query.append(query.isEmpty() ? '?' : '&').append(parameter).append("=x");
        }
        return path + query;
    }

    private static List<String> requiredQuery(Operation operation) {
        return operation.queryParameters().contains("pattern")
                        && operation.path().endsWith("/search")
                ? List.of("pattern")
                : operation.requiredQueryParameters();
    }

    private static String encode(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String unique() {
        return "n-" + UUID.randomUUID();
    }
}
