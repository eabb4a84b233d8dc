package com.reliably.runner.github.standin;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** The workflows that the repository has files of: whether they are known by now, can be started, and what dispatches make. */
public final class StandInWorkflows implements StandInGit.Watcher {

    static final String DIRECTORY = ".github/workflows/";

    private final StandInWords words;
    private final StandInRuns runs;
    private final boolean tellsOfRuns;
    private final Map<String, Workflow> workflows = new ConcurrentHashMap<>();
    private final AtomicLong ids = new AtomicLong(500);

    /** Whether Actions are enabled in the repository. */
    public volatile boolean enabled = true;
    /** How long it takes until a file that was written is known as a workflow. */
    public volatile Duration knownAfter = Duration.ZERO;

    private static final class Workflow {

        private final long id;
        /** By the machine's clock. */
        private final Instant knownAt;

        private volatile String state = "active";

        private Workflow(long id, Instant knownAt) {
            this.id = id;
            this.knownAt = knownAt;
        }
    }

    /** @param tellsOfRuns whether this GitHub can say which run a dispatch has made */
    StandInWorkflows(StandInWords words, StandInRuns runs, boolean tellsOfRuns) {
        this.words = words;
        this.runs = runs;
        this.tellsOfRuns = tellsOfRuns;
    }

    /** As somebody disables a workflow, or GitHub itself does. */
    public void disable(String file, String state) {
        workflows.get(file).state = state;
    }

    /** As where GitHub has not looked at a file yet. */
    public void forget(String file) {
        workflows.remove(file);
    }

    public String state(String file) {
        return workflows.get(file).state;
    }

    @Override
    public void written(String path) {
        if (path.startsWith(DIRECTORY)) {
            workflows.computeIfAbsent(
                    path.substring(DIRECTORY.length()),
                    file -> new Workflow(ids.incrementAndGet(), Instant.now().plus(knownAfter)));
        }
    }

    @Override
    public void deleted(String path) {
        workflows.remove(path.substring(path.lastIndexOf('/') + 1));
    }

    StandInAnswer permissions() {
        return StandInAnswer.of(
                200,
                words.object()
                        .put("enabled", enabled)
                        .put("allowed_actions", "all")
                        .put("selected_actions_url", "https://api.github.com/x"));
    }

    /** @param request below the workflows */
    StandInAnswer answer(StandInRequest request) {
        String[] parts = request.path().split("/");
        String file = fileOf(parts[0]);
        Workflow workflow = workflows.get(file);
        if (workflow == null || workflow.knownAt.isAfter(Instant.now())) {
            return words.unknown();
        }
        return switch (request.method() + " " + (parts.length > 1 ? parts[1] : "")) {
            case "GET " ->
                StandInAnswer.of(
                        200,
                        words.example("get", "/repos/{owner}/{repo}/actions/workflows/{workflow_id}", 200)
                                .put("id", workflow.id)
                                .put("url", words.urlOf("/actions/workflows/" + workflow.id))
                                .put("path", DIRECTORY + file)
                                .put("state", workflow.state));
            case "PUT enable" -> put(workflow, "active");
            case "PUT disable" -> put(workflow, "disabled_manually");
            case "GET runs" -> runs.page(file, request.query());
            case "POST dispatches" -> dispatch(file, workflow, request);
            default -> words.unknown();
        };
    }

    /** @param name of the file, or the workflow's number */
    private String fileOf(String name) {
        return workflows.entrySet().stream()
                .filter(one -> Long.toString(one.getValue().id).equals(name))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(name);
    }

    private static StandInAnswer put(Workflow workflow, String state) {
        workflow.state = state;
        return StandInAnswer.done();
    }

    private StandInAnswer dispatch(String file, Workflow workflow, StandInRequest request) {
        if (!workflow.state.equals("active")) {
            return words.refusal(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow");
        }
        if (!(runs.workflow(file).get("on") instanceof Map<?, ?> on) || !on.containsKey("workflow_dispatch")) {
            return words.refusal(422, "Workflow does not have 'workflow_dispatch' trigger");
        }
        Map<String, String> inputs = new LinkedHashMap<>();
        request.body()
                .path("inputs")
                .fields()
                .forEachRemaining(
                        input -> inputs.put(input.getKey(), input.getValue().asText()));
        StandInRun run = runs.start(file, "workflow_dispatch", inputs);
        if (tellsOfRuns && request.body().path("return_run_details").asBoolean()) {
            return StandInAnswer.of(
                    200,
                    words.object()
                            .put("workflow_run_id", run.id)
                            .put("run_url", words.urlOf("/actions/runs/" + run.id))
                            .put("html_url", run.htmlUrl()));
        }
        return StandInAnswer.done();
    }
}
