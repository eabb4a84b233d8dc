package com.reliably.runner.github;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.runner.github.repository.RepositoryParts;
import com.reliably.runner.github.standin.GitHubStandIn;
import com.reliably.runner.github.standin.GitHubStandIn.Trouble;
import com.reliably.runner.github.standin.StandInRun;
import com.reliably.runner.github.standin.StandInRunner;
import com.reliably.runner.github.standin.StepRunner;
import com.reliably.runner.github.workflow.WorkflowOrder;
import com.reliably.testing.PythonEnvironment;
import com.reliably.testing.ServerProcess;
import io.restassured.path.json.JsonPath;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real server, a stand-in for GitHub, and the real CLI in the steps of the workflows that the server writes there. */
class GitHubRunIT {

    private static final String GITHUB_TOKEN = "ghp_planted0123456789planted";
    private static final String WEBHOOK_SECRET = "planted-webhook-secret-0123456789";
    private static final Duration LONGEST_RUN = Duration.ofMinutes(3);
    /** As ManualRunIT has them. */
    private static final String[] PACKAGES = {"reliably-cli", "chaostoolkit-reliably", "slack_sdk", "typer<0.25"};

    @TempDir
    static Path temporary;

    private static GitHubStandIn gitHub;
    private static ServerProcess.Setup setup;
    private static ServerProcess server;
    private static final Set<String> secrets = ConcurrentHashMap.newKeySet();

    @BeforeAll
    static void start() {
        gitHub = GitHubStandIn.cloud(Clock.systemUTC());
        gitHub.access.token = GITHUB_TOKEN;
        secrets.add(GITHUB_TOKEN);
        secrets.add(WEBHOOK_SECRET);
        gitHub.workflows.knownAfter = Duration.ofSeconds(1);
        gitHub.runs.listedAfter = Duration.ofSeconds(1);
        PythonEnvironment cli = PythonEnvironment.of("cli", PACKAGES);
        gitHub.runs.runner = new StepRunner(gitHub, cli, temporary, GitHubRunIT::tokenOfPlan, GitHubRunIT::opened);
        gitHub.environment.key = nacl("base64.b64encode(bytes(PrivateKey(KEY).public_key)).decode()", "");
        setup = ServerProcess.on(temporary.resolve("data"))
                .with("RELIABLY_GITHUB_API_URLS", "github.com=" + gitHub.apiUrl())
                .with("RELIABLY_GITHUB_POLL_EVERY", "PT0.5S")
                .with("RELIABLY_GITHUB_SETTLES_WITHIN", "PT6S")
                .with("RELIABLY_RUNS_TAKE_OVER_AFTER", "PT5S");
        server = setup.start();
    }

    @AfterAll
    static void stop() {
        server.close();
        gitHub.close();
    }

    @AfterEach
    void nothingWasSentThatGitHubWouldRefuseAndNoSecretIsAnywhere() {
        assertEquals(List.of(), gitHub.faults());
        String seen = server.log() + gitHub.git.commits() + gitHub.git.files("main");
        for (String path : List.of("/deployments", "/plans", "/executions", "/tokens")) {
            seen += server.request().get(path).asString();
        }
        for (Object plan : server.request().get("/plans").jsonPath().getList("items.id")) {
            JsonPath runs = server.request().get("/plans/" + plan + "/runs").jsonPath();
            seen += runs.prettify();
            for (Object run : runs.getList("items.id")) {
                seen += server.request().get("/runs/" + run).asString()
                        + server.request().get("/runs/" + run + "/log").asString();
            }
        }
        for (String secret : secrets) {
            assertFalse(seen.contains(secret), "a secret is seen");
        }
    }

    private static String tokenOfPlan(String plan) {
        String token = server.request()
                .body(Map.of("name", "t-" + UUID.randomUUID(), "plan_id", plan))
                .post("/tokens")
                .then()
                .statusCode(201)
                .extract()
                .path("token");
        secrets.add(token);
        return token;
    }

    /** Opens what the server sealed, with libsodium itself. */
    private static String opened(String sealed) {
        String token = nacl("SealedBox(PrivateKey(KEY)).decrypt(base64.b64decode(sys.argv[1])).decode()", sealed);
        secrets.add(token);
        return token;
    }

    private static String nacl(String expression, String argument) {
        String program =
                "import base64, sys; from nacl.public import PrivateKey, SealedBox; KEY = bytes(range(32)); print("
                        + expression + ")";
        return PythonEnvironment.of("nacl", "PyNaCl==1.6.2")
                .command("python", "-c", program, argument)
                .run()
                .succeeded()
                .output()
                .strip();
    }

    @Test
    void aPlanCompletesWithItsExecution() {
        String plan = plan(experiment("true", "echo said-by-the-experiment"), Map.of("type", "now"));
        JsonPath run = ended(plan);
        assertEquals("succeeded", run.getString("state"), run.getString("error") + server.log());
        assertTrue(run.getString("external_url").startsWith("https://github.com/acme/chaos/actions/runs/"));
        assertEquals("github:" + run.getString("external_url"), run.getString("external_reference"));
        assertEquals(1, run.getList("execution_ids").size());
        JsonPath execution = execution(plan);
        assertEquals("completed", execution.getString("result.status"));
        assertEquals(List.of(execution.getString("id")), run.getList("execution_ids"));
        String log =
                server.request().get("/runs/" + run.getString("id") + "/log").asString();
        assertTrue(log.contains("Run reliablyhq/actions/plan@" + gitHub.actionCommit + ": success"), log);
        assertTrue(log.contains("Reliably execution: " + execution.getString("id")), log);
        // Which of our runs and which of GitHub's it was stands in the journal.
        String journal = execution.prettify();
        assertTrue(journal.contains(run.getString("id")) && journal.contains(run.getString("external_url")), journal);
        assertEquals(
                "completed", server.request().get("/plans/" + plan).jsonPath().getString("status"));
    }

    @Test
    void whatIsRunAgainAtGitHubReportsToTheRunThatItRepeats() throws Exception {
        Path flag = Files.createFile(temporary.resolve("flag-" + UUID.randomUUID()));
        String plan = plan(experiment("test -f " + flag, "rm " + flag), Map.of("type", "now"));
        JsonPath run = ended(plan);
        assertEquals("succeeded", run.getString("state"), run.getString("error"));
        assertEquals(1, run.getList("execution_ids").size());
        StandInRun again =
                gitHub.runs.rerun(gitHub.runs.all().get(gitHub.runs.all().size() - 1));
        await().atMost(LONGEST_RUN).until(() -> again.status.equals("completed"));
        JsonPath afterwards =
                server.request().get("/runs/" + run.getString("id")).jsonPath();
        assertEquals(2, afterwards.getList("execution_ids").size());
        assertEquals(
                run.getList("execution_ids").get(0),
                afterwards.getList("execution_ids").get(0));
        assertEquals(run.getString("state"), afterwards.getString("state"));
        assertEquals(run.getString("ended_at"), afterwards.getString("ended_at"));
        assertEquals(
                1, server.request().get("/plans/" + plan + "/runs").jsonPath().getInt("count"));
    }

    @Test
    void aDeviationIsASuccessfulRun() throws Exception {
        Path flag = Files.createFile(temporary.resolve("flag-" + UUID.randomUUID()));
        String plan = plan(experiment("test -f " + flag, "rm " + flag), Map.of("type", "now"));
        JsonPath run = ended(plan);
        assertEquals("succeeded", run.getString("state"), run.getString("error"));
        assertTrue(execution(plan).getBoolean("result.deviated"));
    }

    @Test
    void aServerThatIsKilledAtTheDispatchFindsItsRunAndDoesNotDispatchAgain() {
        AtomicBoolean killed = new AtomicBoolean();
        AtomicBoolean back = new AtomicBoolean();
        int before = gitHub.runs.all().size();
        gitHub.trouble = request -> {
            if (request.path().endsWith("/dispatches") && killed.compareAndSet(false, true)) {
                server.kill();
                return Trouble.SILENT_AFTER;
            }
            return Trouble.NONE;
        };
        // The client waits for the server to come back, as it would at GitHub.
        StandInRunner real = gitHub.runs.runner;
        gitHub.runs.runner = (run, workflow) -> {
            await().atMost(LONGEST_RUN).until(back::get);
            real.run(run, workflow);
        };
        try {
            String plan = plan(experiment("true", "echo hello"), Map.of("type", "now"));
            await().atMost(LONGEST_RUN).until(() -> killed.get() && !server.isAlive());
            server.close();
            server = setup.start();
            back.set(true);
            JsonPath run = ended(plan);
            assertEquals("succeeded", run.getString("state"), run.getString("error"));
            assertEquals(before + 1, gitHub.runs.all().size());
            assertEquals(1, run.getList("execution_ids").size());
        } finally {
            gitHub.runs.runner = real;
            gitHub.trouble = request -> Trouble.NONE;
        }
    }

    @Test
    void whatGitHubsScheduleStartsIsARunWithItsExecution() {
        String plan = plan(
                experiment("true", "echo hello"),
                Map.of("type", "cron", "pattern", "0 3 * * *", "timezone", "Europe/Paris"));
        String file = WorkflowOrder.fileNameOf(UUID.fromString(plan));
        await().atMost(LONGEST_RUN).until(() -> "created".equals(status(plan)));
        assertTrue(gitHub.git.files("main").get(".github/workflows/" + file).contains("timezone: 'Europe/Paris'"));
        gitHub.runs.fire(file);
        JsonPath run = ended(plan);
        assertEquals("succeeded", run.getString("state"), run.getString("error"));
        assertEquals("engine", run.getString("trigger"));
        assertEquals(1, run.getList("execution_ids").size());
        // What people have run again there is a run of its own.
        gitHub.runs.rerun(gitHub.runs.all().get(gitHub.runs.all().size() - 1));
        await().atMost(LONGEST_RUN)
                .until(() -> server.request()
                                .get("/plans/" + plan + "/runs")
                                .jsonPath()
                                .getInt("count")
                        == 2);
        JsonPath again = ended(plan);
        assertEquals("succeeded", again.getString("state"), again.getString("error"));
        assertEquals(run.getString("external_url") + "/attempts/2", again.getString("external_url"));
        assertEquals(1, again.getList("execution_ids").size());
        assertEquals(
                run.getList("execution_ids"),
                server.request().get("/runs/" + run.getString("id")).jsonPath().getList("execution_ids"));
        server.request().delete("/plans/" + plan);
        await().atMost(LONGEST_RUN).until(() -> !gitHub.git.files("main").containsKey(".github/workflows/" + file));
    }

    @Test
    void theServerGivesARunItsTokenAndADeletedPlanLeavesNothing() {
        String deployment = deployment(Map.of("manage_service_token", true));
        String plan = plan(deployment, experiment("true", "echo hello"), Map.of("type", "now"));
        JsonPath run = ended(plan);
        assertEquals("succeeded", run.getString("state"), run.getString("error"));
        assertEquals(1, run.getList("execution_ids").size());
        UUID id = UUID.fromString(plan);
        assertTrue(
                gitHub.environment.secrets.containsKey(RepositoryParts.secretOf(id)),
                gitHub.environment.secrets.toString());
        String token = opened(gitHub.environment.secrets.get(RepositoryParts.secretOf(id)));
        String file = ".github/workflows/" + WorkflowOrder.fileNameOf(id);
        assertTrue(gitHub.git.files("main").get(file).contains(RepositoryParts.secretOf(id)));
        // It is good for its plan, and for nothing else.
        server.requestWith(token).get("/plans/" + plan).then().statusCode(200);
        server.requestWith(token).get("/plans").then().statusCode(403);
        server.requestWith(token).get("/deployments").then().statusCode(403);

        server.request().delete("/plans/" + plan).then().statusCode(200);
        await().atMost(LONGEST_RUN).until(() -> !gitHub.git.files("main").containsKey(file));
        await().atMost(LONGEST_RUN).until(() -> !gitHub.environment.secrets.containsKey(RepositoryParts.secretOf(id)));
        server.requestWith(token).get("/plans/" + plan).then().statusCode(401);
        await().atMost(LONGEST_RUN)
                .until(() ->
                        server.request().delete("/deployments/" + deployment).statusCode() == 200);
    }

    @Test
    void aPlanRunsWithAGitHubApp() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair pair = generator.generateKeyPair();
        String key = Base64.getMimeEncoder().encodeToString(pair.getPrivate().getEncoded());
        // Every line of it, wherever it may turn up.
        secrets.addAll(key.lines().map(String::strip).toList());
        gitHub.access.appKey = pair.getPublic();
        try {
            Map<String, Object> app = new HashMap<>();
            app.put("token", null);
            app.put("app_id", "Iv1.app");
            app.put("app_private_key", "-----BEGIN PRIVATE KEY-----\n" + key + "\n-----END PRIVATE KEY-----\n");
            String plan = plan(deployment(app), experiment("true", "echo hello"), Map.of("type", "now"));
            JsonPath run = ended(plan);
            assertEquals("succeeded", run.getString("state"), run.getString("error"));
            secrets.add(gitHub.access.token);
        } finally {
            gitHub.access.token = GITHUB_TOKEN;
        }
    }

    @Test
    void aPlanThatMovesTakesItsWorkflowAway() {
        Map<String, Object> terms =
                terms(deployment(Map.of()), experiment("true", "echo hello"), Map.of("type", "now"));
        String plan = create("/plans", terms);
        assertEquals("succeeded", ended(plan).getString("state"));
        String file = ".github/workflows/" + WorkflowOrder.fileNameOf(UUID.fromString(plan));
        assertTrue(gitHub.git.files("main").containsKey(file));
        String elsewhere =
                create("/deployments", Map.of("name", "d-" + UUID.randomUUID(), "definition", Map.of("type", "noop")));
        terms.put("deployment", Map.of("deployment_id", elsewhere));
        server.request().body(terms).put("/plans/" + plan).then().statusCode(200);
        await().atMost(LONGEST_RUN).until(() -> !gitHub.git.files("main").containsKey(file));
    }

    private static String status(String plan) {
        return server.request().get("/plans/" + plan).jsonPath().getString("status");
    }

    private static Map<String, Object> experiment(String steady, String shell) {
        Map<String, Object> probe = new HashMap<>(process("steady", steady));
        probe.put("type", "probe");
        probe.put("tolerance", 0);
        return Map.of(
                "title",
                "experiment " + UUID.randomUUID(),
                "description",
                "n/a",
                "steady-state-hypothesis",
                Map.of("title", "steady", "probes", List.of(probe)),
                "method",
                List.of(process("act", shell)),
                "rollbacks",
                List.of());
    }

    private static Map<String, Object> process(String name, String shell) {
        return Map.of(
                "type",
                "action",
                "name",
                name,
                "provider",
                Map.of("type", "process", "path", "sh", "timeout", 60, "arguments", List.of("-c", shell)));
    }

    private static String plan(Map<String, Object> experiment, Map<String, Object> schedule) {
        return plan(deployment(Map.of()), experiment, schedule);
    }

    private static String deployment(Map<String, Object> more) {
        Map<String, Object> definition = new HashMap<>(Map.of(
                "type", "github", "repo", "github.com/acme/chaos", "environment", "production", "token", GITHUB_TOKEN));
        definition.put("webhook_secret", WEBHOOK_SECRET);
        definition.putAll(more);
        return create("/deployments", Map.of("name", "d-" + UUID.randomUUID(), "definition", definition));
    }

    private static String plan(String deployment, Map<String, Object> experiment, Map<String, Object> schedule) {
        return create("/plans", terms(deployment, experiment, schedule));
    }

    private static Map<String, Object> terms(
            String deployment, Map<String, Object> experiment, Map<String, Object> schedule) {
        return new HashMap<>(Map.of(
                "title",
                "plan " + UUID.randomUUID(),
                "deployment",
                Map.of("deployment_id", deployment),
                "schedule",
                schedule,
                "experiments",
                List.of(create("/experiments", Map.of("definition", experiment))),
                "integrations",
                List.of()));
    }

    private static String create(String path, Map<String, Object> body) {
        return server.request()
                .body(body)
                .post(path)
                .then()
                .statusCode(201)
                .extract()
                .path("id");
    }

    private static JsonPath ended(String plan) {
        await("run of plan " + plan)
                .atMost(LONGEST_RUN)
                .pollInterval(Duration.ofMillis(500))
                .ignoreExceptions()
                .until(() -> Set.of("succeeded", "failed", "cancelled", "lost")
                        .contains(server.request()
                                .get("/plans/" + plan + "/runs")
                                .jsonPath()
                                .getString("items[0].state")));
        String id = server.request().get("/plans/" + plan + "/runs").jsonPath().getString("items[0].id");
        return server.request().get("/runs/" + id).jsonPath();
    }

    private static JsonPath execution(String plan) {
        JsonPath executions =
                server.request().get("/plans/" + plan + "/executions").jsonPath();
        assertEquals(1, executions.getInt("count"));
        return server.request()
                .get("/experiments/" + executions.getString("items[0].experiment_id") + "/executions/"
                        + executions.getString("items[0].id"))
                .jsonPath();
    }
}
