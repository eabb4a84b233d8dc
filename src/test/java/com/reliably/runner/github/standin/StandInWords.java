package com.reliably.runner.github.standin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** How GitHub says things: answers made of the examples that its description has. */
final class StandInWords {

    private final ObjectMapper json = new ObjectMapper();
    private final GitHubDescription description;
    private final String origin;
    private final String apiUrl;

    /**
     * @param origin of the stand-in
     * @param apiUrl where its API is
     */
    StandInWords(GitHubDescription description, String origin, String apiUrl) {
        this.description = description;
        this.origin = origin;
        this.apiUrl = apiUrl;
    }

    String origin() {
        return origin;
    }

    /** Where something of the repository is at the API. */
    String urlOf(String path) {
        return apiUrl + "/repos/" + GitHubStandIn.REPOSITORY + path;
    }

    ObjectNode object() {
        return json.createObjectNode();
    }

    /** An answer of an operation, whole, to be changed. */
    ObjectNode example(String method, String template, int status) {
        return description.example(method, template, status);
    }

    /** The first of those where the answer is a list. */
    ObjectNode firstExample(String method, String template, int status) {
        return (ObjectNode) description.examples(method, template, status).get(0);
    }

    StandInAnswer unknown() {
        return refusal(404, "Not Found");
    }

    StandInAnswer refusal(int status, String message) {
        return StandInAnswer.of(status, said(message));
    }

    JsonNode said(String message) {
        return object().put("message", message).put("documentation_url", "https://docs.github.com/rest");
    }

    ObjectNode repository() {
        ObjectNode repository = example("get", "/repos/{owner}/{repo}", 200);
        // What the example lacks, although the schema demands it.
        repository.remove(List.of("source", "parent", "template_repository"));
        repository.putNull("language");
        repository
                .put("name", "chaos")
                .put("full_name", GitHubStandIn.REPOSITORY)
                .put("default_branch", "main");
        ((ObjectNode) repository.get("owner")).put("login", "acme");
        repository.put("url", urlOf(""));
        ((ObjectNode) repository.get("permissions"))
                .put("push", true)
                .put("pull", true)
                .put("admin", false);
        return repository;
    }

    ObjectNode told(StandInRun run) {
        ObjectNode one = example("get", "/repos/{owner}/{repo}/actions/runs/{run_id}", 200);
        one.put("id", run.id)
                .put("display_title", run.title)
                .put("event", run.event)
                .put("status", run.status);
        one.put("conclusion", run.conclusion).put("path", ".github/workflows/" + run.file);
        one.put("html_url", run.htmlUrl()).put("created_at", run.createdAt.toString());
        one.put("run_attempt", run.attempt);
        one.put("run_started_at", run.askedAt.toString()).put("updated_at", run.updatedAt.toString());
        return one;
    }
}
