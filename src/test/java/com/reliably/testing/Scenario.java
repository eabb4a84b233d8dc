package com.reliably.testing;

import static org.awaitility.Awaitility.await;

import io.restassured.path.json.JsonPath;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** What a person does around a run, over the API of a real server. */
public final class Scenario {

    private static final Duration LONGEST_RUN = Duration.ofMinutes(4);

    private final ServerProcess server;

    public Scenario(ServerProcess server) {
        this.server = server;
    }

    /** An experiment whose steady state is always met, with these actions. */
    public static Map<String, Object> experiment(Map<String, Object>... actions) {
        Map<String, Object> experiment = new HashMap<>();
        experiment.put("title", "experiment " + UUID.randomUUID());
        experiment.put("description", "n/a");
        experiment.put("method", List.of(actions));
        experiment.put("rollbacks", List.of());
        return experiment;
    }

    /** The same with a probe that must answer with exit code 0, before and after. */
    public static Map<String, Object> experimentWithSteadyState(String shell, Map<String, Object>... actions) {
        Map<String, Object> experiment = experiment(actions);
        Map<String, Object> probe = new HashMap<>(process("steady", shell));
        probe.put("type", "probe");
        probe.put("tolerance", 0);
        experiment.put("steady-state-hypothesis", Map.of("title", "steady", "probes", List.of(probe)));
        return experiment;
    }

    /** An action that runs a line of shell. */
    public static Map<String, Object> process(String name, String shell) {
        return Map.of(
                "type",
                "action",
                "name",
                name,
                "provider",
                Map.of("type", "process", "path", "sh", "timeout", 600, "arguments", List.of("-c", shell)));
    }

    public String deployment(Map<String, Object> definition) {
        return create("/deployments", Map.of("name", "d-" + UUID.randomUUID(), "definition", definition));
    }

    public String create(String path, Map<String, Object> body) {
        return server.request()
                .body(body)
                .post(path)
                .then()
                .statusCode(201)
                .extract()
                .path("id");
    }

    /** A plan that is to run now. */
    public String plan(String deploymentId, Map<String, Object> experiment, String environmentId) {
        String experimentId = create("/experiments", Map.of("definition", experiment));
        Map<String, Object> plan = new HashMap<>();
        plan.put("title", "plan " + UUID.randomUUID());
        plan.put("deployment", Map.of("deployment_id", deploymentId));
        plan.put("schedule", Map.of("type", "now"));
        plan.put("experiments", List.of(experimentId));
        plan.put("integrations", List.of());
        plan.put(
                "environment",
                environmentId == null ? null : Map.of("provider", "reliably_cloud", "id", environmentId));
        return create("/plans", plan);
    }

    public JsonPath get(String path) {
        return server.request().get(path).then().statusCode(200).extract().jsonPath();
    }

    /** The latest run of a plan; null while there is none. */
    public String latestRun(String planId) {
        return get("/plans/" + planId + "/runs").getString("items[0].id");
    }

    /** Waits until the latest run of a plan has ended, and returns it. */
    public JsonPath ended(String planId) {
        return awaitState(planId, List.of("succeeded", "failed", "cancelled", "lost"));
    }

    public JsonPath awaitState(String planId, List<String> states) {
        await("run of plan " + planId + " to be one of " + states)
                .atMost(LONGEST_RUN)
                .pollInterval(Duration.ofMillis(500))
                .ignoreExceptions()
                .until(() -> states.contains(get("/plans/" + planId + "/runs").getString("items[0].state")));
        return get("/runs/" + latestRun(planId));
    }

    /** Waits until a run's log has this text. */
    public void awaitLog(String planId, String text) {
        await("'" + text + "' in the log")
                .atMost(LONGEST_RUN)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> log(latestRun(planId)).contains(text));
    }

    public String log(String runId) {
        return server.request()
                .get("/runs/" + runId + "/log")
                .then()
                .statusCode(200)
                .extract()
                .asString();
    }

    /** The only execution of a plan. */
    public JsonPath execution(String planId) {
        JsonPath executions = get("/plans/" + planId + "/executions");
        if (executions.getInt("count") != 1) {
            throw new AssertionError("plan " + planId + " has " + executions.getInt("count") + " executions, not one");
        }
        return get("/experiments/" + executions.getString("items[0].experiment_id") + "/executions/"
                + executions.getString("items[0].id"));
    }

    /** Whether any process of this host has the text in its command line. */
    public static boolean anyProcessWith(String text) {
        return ProcessHandle.allProcesses()
                .anyMatch(p -> p.info().commandLine().orElse("").contains(text));
    }
}
